/**
 * Lays out a demonstration cluster in a folder, with the commands an operator would use: four operator keys, a cluster file,
 * a fresh validator key split among them, a network of its own that began a few epochs ago.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SecretKey } from '@chainsafe/blst';
import { stringify } from 'yaml';
import { loadNetwork } from '../../app/cluster-file.ts';
import { toHex } from '../../core/bytes.ts';
import type { Network } from '../../core/eth2/network.ts';
import type { ValidatorKey } from '../../core/ids.ts';
import { CommandFailed } from '../command.ts';
import { keystoreText } from '../keystore-file.ts';

export const operatorIds = [1, 2, 3, 4] as const;
export type DemoOperator = (typeof operatorIds)[number];

export interface DemoCluster {
  readonly network: Network;
  readonly validator: ValidatorKey;
  readonly httpPorts: Readonly<Record<DemoOperator, number>>;
  /** Arguments of `quorate run` for one operator. */
  argumentsOf(operator: DemoOperator): readonly string[];
}

export const mainPath = new URL('../../main.ts', import.meta.url).pathname;
const run = promisify(execFile);

/** Runs one quorate command as its user would; throws CommandFailed with what it printed. */
export const quorate = async (...argv: readonly string[]): Promise<string> => {
  try {
    const { stdout } = await run(process.execPath, [mainPath, ...argv]);
    return stdout;
  } catch (cause) {
    const stderr =
      typeof cause === 'object' && cause !== null && 'stderr' in cause ? String(cause.stderr) : String(cause);
    throw new CommandFailed(`quorate ${argv[0]} failed: ${stderr.trim()}`);
  }
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });

const freePorts = async (): Promise<Record<DemoOperator, number>> => {
  const [one, two, three, four] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  if (one === undefined || two === undefined || three === undefined || four === undefined)
    throw new Error('no ports');
  return { 1: one, 2: two, 3: three, 4: four };
};

/** A network of its own, so that nothing signed here means anything elsewhere; two-second slots, all forks from the start. */
const networkConfig = () => ({
  CONFIG_NAME: 'demo',
  PRESET_BASE: 'minimal',
  GENESIS_TIME: Math.floor(Date.now() / 1000) - 16 * 100,
  GENESIS_VALIDATORS_ROOT: toHex(randomBytes(32)),
  SECONDS_PER_SLOT: 2,
  GENESIS_FORK_VERSION: '0x0d000000',
  ...Object.fromEntries(
    ['ALTAIR', 'BELLATRIX', 'CAPELLA', 'DENEB', 'ELECTRA', 'FULU'].flatMap((fork, at) => [
      [`${fork}_FORK_VERSION`, `0x0d0000${(at + 1).toString().padStart(2, '0')}`],
      [`${fork}_FORK_EPOCH`, 0],
    ]),
  ),
});

const writeValidatorKey = async (dir: string): Promise<ValidatorKey> => {
  const key = SecretKey.fromKeygen(randomBytes(32));
  const secret = key.toBytes();
  const publicKey = key.toPublicKey().toHex();
  const password = randomBytes(16).toString('hex');
  const text = await keystoreText(
    { secret, publicKey },
    { password, description: 'demo validator', rounds: 4096 },
  );
  secret.fill(0);
  await writeFile(join(dir, 'validator.json'), text, { mode: 0o600 });
  await writeFile(join(dir, 'validator.txt'), password, { mode: 0o600 });
  return publicKey as ValidatorKey;
};

export const layOutCluster = async (dir: string): Promise<DemoCluster> => {
  const [httpPorts, p2pPorts] = [await freePorts(), await freePorts()];
  await Promise.all(
    operatorIds.map((id) => quorate('operator-key', '--plain', '--out-dir', join(dir, `operator-${id}`))),
  );
  const operators = await Promise.all(
    operatorIds.map(async (id) => ({
      id,
      publicKey: (await readFile(join(dir, `operator-${id}`, 'operator-key.pub'), 'utf8')).trim(),
      addresses: [`/ip4/127.0.0.1/tcp/${p2pPorts[id]}`],
    })),
  );
  await writeFile(
    join(dir, 'operators.yaml'),
    stringify({ version: 1, network: 'custom', operators, validators: [] }),
  );
  await writeFile(join(dir, 'network.yaml'), stringify(networkConfig()));
  const validator = await writeValidatorKey(dir);
  const source = [
    '--keystore-file',
    join(dir, 'validator.json'),
    '--keystores-password-file',
    join(dir, 'validator.txt'),
  ];
  await quorate(
    'split',
    '--cluster-file',
    join(dir, 'operators.yaml'),
    '--out-dir',
    join(dir, 'shares'),
    ...source,
  );
  const network = loadNetwork([], join(dir, 'network.yaml'));
  if (network.type === 'problems') throw new CommandFailed(network.problems.join('\n'));
  return {
    network: network.value,
    validator,
    httpPorts,
    argumentsOf: (id) => [
      'run',
      ...['--cluster-file', join(dir, 'shares', 'cluster.yaml')],
      ...['--network-file', join(dir, 'network.yaml')],
      ...['--operator-id', String(id)],
      ...['--operator-key-file', join(dir, `operator-${id}`, 'operator-key.pem')],
      ...['--data-dir', join(dir, `data-${id}`)],
      ...['--keystores-dir', join(dir, 'shares', `operator-${id}`, 'keystores')],
      ...['--keystores-passwords-dir', join(dir, 'shares', `operator-${id}`, 'passwords')],
      ...['--http-port', String(httpPorts[id])],
      ...['--p2p-listen', `/ip4/127.0.0.1/tcp/${p2pPorts[id]}`],
      '--no-metrics-enabled',
    ],
  };
};
