/**
 * Lays out a demonstration cluster in a folder, with the commands an operator would use: four operator keys, a cluster file,
 * a fresh validator key split among them, a network of its own that began a few epochs ago.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
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
import { freePorts } from './ports.ts';

export interface DemoCluster {
  readonly dir: string;
  readonly network: Network;
  /** Ascending from 1. */
  readonly operators: readonly number[];
  readonly validators: readonly ValidatorKey[];
  /** The port at which an operator serves its client. */
  httpPortOf(operator: number): number;
  /** Where an operator's share keystores and their passwords are. */
  sharesOf(operator: number): { readonly keystores: string; readonly passwords: string };
  /** Arguments of `quorate run` for one operator. */
  argumentsOf(operator: number): readonly string[];
  /** The same without the ones that say who holds its shares. */
  argumentsWithoutSigner(operator: number): readonly string[];
}

export interface DemoShape {
  /** 4, 7, 10 or 13. */
  readonly operators: number;
  readonly validators: number;
  /** Keys of the network file that are to differ from the demonstration's. */
  readonly network?: Readonly<Record<string, string | number>>;
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

const writeValidatorKey = async (dir: string, number: number): Promise<ValidatorKey> => {
  const key = SecretKey.fromKeygen(randomBytes(32));
  const secret = key.toBytes();
  const publicKey = key.toPublicKey().toHex();
  const password = randomBytes(16).toString('hex');
  const text = await keystoreText(
    { secret, publicKey },
    { password, description: 'demo validator', rounds: 4096 },
  );
  secret.fill(0);
  await writeFile(join(dir, `validator-${number}.json`), text, { mode: 0o600 });
  await writeFile(join(dir, `validator-${number}.txt`), password, { mode: 0o600 });
  return publicKey as ValidatorKey;
};

/** Every operator has the same keys and passwords in the same place, as `quorate split` left them. */
export const layOutCluster = async (dir: string, shape: DemoShape): Promise<DemoCluster> => {
  const ids = Array.from({ length: shape.operators }, (_, at) => at + 1);
  const [httpPortOf, p2pPortOf] = [await freePorts(ids.length), await freePorts(ids.length)];
  await Promise.all(
    ids.map((id) => quorate('operator-key', '--plain', '--out-dir', join(dir, `operator-${id}`))),
  );
  const operators = await Promise.all(
    ids.map(async (id) => ({
      id,
      publicKey: (await readFile(join(dir, `operator-${id}`, 'operator-key.pub'), 'utf8')).trim(),
      addresses: [`/ip4/127.0.0.1/tcp/${p2pPortOf(id)}`],
    })),
  );
  await writeFile(
    join(dir, 'operators.yaml'),
    stringify({ version: 1, network: 'custom', operators, validators: [] }),
  );
  await writeFile(join(dir, 'network.yaml'), stringify({ ...networkConfig(), ...shape.network }));
  const whole = join(dir, 'validators');
  await mkdir(whole, { mode: 0o700 });
  const validators: ValidatorKey[] = [];
  for (let number = 1; number <= shape.validators; number++)
    validators.push(await writeValidatorKey(whole, number));
  const source = ['--keystores-dir', whole, '--keystores-passwords-dir', whole];
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
  const sharesOf = (id: number) => ({
    keystores: join(dir, 'shares', `operator-${id}`, 'keystores'),
    passwords: join(dir, 'shares', `operator-${id}`, 'passwords'),
  });
  const argumentsWithoutSigner = (id: number): readonly string[] => [
    'run',
    ...['--cluster-file', join(dir, 'shares', 'cluster.yaml')],
    ...['--network-file', join(dir, 'network.yaml')],
    ...['--operator-id', String(id)],
    ...['--operator-key-file', join(dir, `operator-${id}`, 'operator-key.pem')],
    ...['--data-dir', join(dir, `data-${id}`)],
    ...['--http-port', String(httpPortOf(id))],
    ...['--p2p-listen', `/ip4/127.0.0.1/tcp/${p2pPortOf(id)}`],
    '--no-metrics-enabled',
  ];
  return {
    dir,
    network: network.value,
    operators: ids,
    validators,
    httpPortOf,
    sharesOf,
    argumentsWithoutSigner,
    argumentsOf: (id) => [
      ...argumentsWithoutSigner(id),
      ...['--keystores-dir', sharesOf(id).keystores],
      ...['--keystores-passwords-dir', sharesOf(id).passwords],
    ],
  };
};
