/**
 * The key material of four operators, made with Quorate's own commands: `operator-key` for each, then `split`.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Keystore } from '@chainsafe/bls-keystore';
import type { InteropKey } from './interop-keys.ts';
import { type OperatorNumber, operatorNumbers } from './operators.ts';

export const quorateMain = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

export interface OperatorFolder {
  readonly folder: string;
  readonly operatorKeyFile: string;
  readonly keystoresFolder: string;
  readonly passwordsFolder: string;
  readonly dataFolder: string;
}

export interface Ceremony {
  readonly clusterFile: string;
  readonly shares: Readonly<Record<OperatorNumber, OperatorFolder>>;
}

const execute = promisify(execFile);

/** Runs a command of Quorate's to its end; throws with what it said when it fails. */
export const quorate = async (args: readonly string[]): Promise<string> => {
  try {
    return (await execute(process.execPath, [quorateMain, ...args], { maxBuffer: 64 << 20 })).stdout;
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr ?? '';
    throw new Error(`quorate ${args.join(' ')} failed:\n${said}`, { cause });
  }
};

const password = 'end-to-end';

const writeKeystores = async (folder: string, keys: readonly InteropKey[]): Promise<void> => {
  mkdirSync(folder);
  for (const { index, secret, publicKey } of keys) {
    const keystore = await Keystore.create(password, secret, Buffer.from(publicKey.slice(2), 'hex'), '');
    writeFileSync(join(folder, `validator-${index}.json`), keystore.stringify());
  }
};

interface Operator {
  readonly id: OperatorNumber;
  readonly publicKey: string;
  readonly addresses: readonly string[];
}

/** A cluster file of operators without validators: what `split` starts from. */
const writeOperators = async (folder: string, addresses: readonly string[]): Promise<string> => {
  const operators: Operator[] = [];
  for (const id of operatorNumbers) {
    const own = operatorFolder(folder, id);
    mkdirSync(own, { recursive: true });
    const publicKey = (await quorate(['operator-key', '--out-dir', own, '--plain'])).trim();
    operators.push({ id, publicKey, addresses: [addresses[id - 1] ?? ''] });
  }
  const file = join(folder, 'operators.json');
  writeFileSync(file, JSON.stringify({ version: 1, network: 'custom', operators, validators: [] }));
  return file;
};

const operatorFolder = (folder: string, operator: OperatorNumber): string =>
  join(folder, `operator-${operator}`);

/** `addresses`: the multiaddr of each operator's node, in order. */
export const holdCeremony = async (
  folder: string,
  keys: readonly InteropKey[],
  addresses: readonly string[],
): Promise<Ceremony> => {
  const keystores = join(folder, 'validator-keystores');
  const passwordFile = join(folder, 'password.txt');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  await writeKeystores(keystores, keys);
  const operatorsFile = await writeOperators(folder, addresses);
  const cluster = join(folder, 'cluster');
  await quorate([
    ...['split', '--cluster-file', operatorsFile, '--out-dir', cluster],
    ...['--keystores-dir', keystores, '--keystores-password-file', passwordFile],
  ]);
  const of = (operator: OperatorNumber): OperatorFolder => ({
    folder: operatorFolder(folder, operator),
    operatorKeyFile: join(operatorFolder(folder, operator), 'operator-key.pem'),
    keystoresFolder: join(operatorFolder(cluster, operator), 'keystores'),
    passwordsFolder: join(operatorFolder(cluster, operator), 'passwords'),
    dataFolder: join(operatorFolder(folder, operator), 'data'),
  });
  return { clusterFile: join(cluster, 'cluster.yaml'), shares: { 1: of(1), 2: of(2), 3: of(3), 4: of(4) } };
};
