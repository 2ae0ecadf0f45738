/**
 * A folder with operators' keys and a cluster file without validators, as `quorate split` wants it; made by the commands.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { quorate } from './terminal.ts';

export const mnemonic =
  'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';

export interface ClusterFolder extends Disposable {
  readonly path: (name: string) => string;
  readonly write: (name: string, text: string) => string;
  readonly operatorsFile: string;
}

/** `ports`: where each operator's node is said to listen. */
export const makeClusterFolder = async (
  ids: readonly number[],
  ports: readonly number[] = [],
): Promise<ClusterFolder> => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-cli-'));
  const path = (name: string): string => join(folder, name);
  const write = (name: string, text: string): string => {
    writeFileSync(path(name), text, { mode: 0o600 });
    return path(name);
  };
  const operators = await Promise.all(
    ids.map(async (id, at) => {
      mkdirSync(path(`key-${id}`));
      const { out } = await quorate(['operator-key', '--plain', '--out-dir', path(`key-${id}`)]);
      const port = ports[at];
      return {
        id,
        publicKey: out.trim(),
        addresses: port === undefined ? [] : [`/ip4/127.0.0.1/tcp/${port}`],
      };
    }),
  );
  return {
    path,
    write,
    operatorsFile: write(
      'operators.yaml',
      stringify({ version: 1, network: 'hoodi', operators, validators: [] }),
    ),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
};
