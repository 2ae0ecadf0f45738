/**
 * Clusters for measurements: the demonstration's, with as many validators as wanted, slots of any length.
 *
 * `quorate split` makes the first validator. The others are made alike, but many at a time: same cost of their keystores, same
 * names, same cluster file.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretKey } from '@chainsafe/blst';
import { stringify } from 'yaml';
import { loadCluster, loadNetwork } from '../../../src/app/cluster-file.ts';
import { type DemoCluster, layOutCluster } from '../../../src/cli/demo/cluster.ts';
import { freshPassword, freshPasswordRounds, keystoreText } from '../../../src/cli/keystore-file.ts';
import { toHex } from '../../../src/core/bytes.ts';
import type { OperatorId, ShareKey, ValidatorKey } from '../../../src/core/ids.ts';
import { committeeOf } from '../../../src/core/registry/build-registry.ts';
import type { ClusterValidator } from '../../../src/core/registry/cluster.ts';
import type { Committee } from '../../../src/core/registry/committee.ts';
import { renderCluster } from '../../../src/core/registry/render-cluster.ts';
import { COEFFICIENT_BYTES, splitKey } from '../../../src/core/threshold/split.ts';
import { Broken } from '../harness.ts';
import { lowPorts } from './ports.ts';

export interface Shape {
  /** 4, 7, 10 or 13. */
  readonly operators: number;
  readonly validators: number;
  readonly slotSeconds?: number;
  /** 8 slots an epoch unless this says mainnet: 32. */
  readonly preset?: 'minimal' | 'mainnet';
}

export interface BenchCluster extends DemoCluster, AsyncDisposable {
  /** The same cluster in which an operator reads this cluster file. */
  withClusterFiles(fileOf: (operator: number) => string): BenchCluster;
  readonly clusterFile: string;
  metricsPortOf(operator: number): number;
}

/** So many validators are made at once: the threads that derive passwords are four. */
const atOnce = 16;

const newValidator = async (dir: string, { operators, quorum }: Committee): Promise<ClusterValidator> => {
  const secret = SecretKey.fromKeygen(randomBytes(32));
  const key = secret.toPublicKey().toHex() as ValidatorKey;
  const coefficients = Array.from({ length: quorum - 1 }, () => randomBytes(COEFFICIENT_BYTES));
  const shares = splitKey(secret.toBytes(), quorum, operators, coefficients);
  const keys = await Promise.all(
    shares.map(async (share) => {
      const password = freshPassword();
      const publicKey = toHex(share.publicKey);
      const text = await keystoreText(
        { secret: share.secret, publicKey },
        { password, description: 'benchmark', rounds: freshPasswordRounds },
      );
      const folder = join(dir, 'shares', `operator-${share.operator}`);
      await writeFile(join(folder, 'keystores', `${key}.json`), text, { mode: 0o600 });
      await writeFile(join(folder, 'passwords', `${key}.txt`), password, { mode: 0o600 });
      return [share.operator as OperatorId, publicKey as ShareKey] as const;
    }),
  );
  return { key, operators, shares: new Map(keys), policy: { feeRecipient: null, gasLimit: null } };
};

/** Adds validators, and moves the operators to other ports. */
const rewriteCluster = async (
  path: string,
  dir: string,
  count: number,
  addressOf: (operator: number) => string,
): Promise<readonly ValidatorKey[]> => {
  const loaded = loadCluster(path);
  if (loaded.type === 'problems') throw new Broken(loaded.problems.join('\n'));
  const { cluster } = loaded.value;
  const operators = cluster.operators.map((one) => ({ ...one, addresses: [addressOf(one.id)] }));
  const committee = committeeOf(operators.map(({ id }) => id));
  const validators = [...cluster.validators];
  for (let missing = count; missing > 0; missing -= atOnce) {
    const some = Array.from({ length: Math.min(atOnce, missing) }, () => newValidator(dir, committee));
    validators.push(...(await Promise.all(some)));
  }
  const text = stringify(renderCluster({ ...cluster, operators, validators }), { lineWidth: 0 });
  await writeFile(path, text);
  return validators.map(({ key }) => key);
};

/** The demonstration's network with other slots; still one of its own, which nothing else accepts signatures of. */
const changeNetwork = async (path: string, { slotSeconds = 2, preset = 'minimal' }: Shape) => {
  const text = await readFile(path, 'utf8');
  const changed = text
    .replace(/^SECONDS_PER_SLOT: .*$/m, `SECONDS_PER_SLOT: ${slotSeconds}`)
    .replace(/^PRESET_BASE: .*$/m, `PRESET_BASE: ${preset}`);
  await writeFile(path, changed);
  const network = loadNetwork([], path);
  if (network.type === 'problems') throw new Broken(network.problems.join('\n'));
  return network.value;
};

export const layOut = async (shape: Shape): Promise<BenchCluster> => {
  const dir = await mkdtemp(join(tmpdir(), 'quorate-bench-'));
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  // Where the run ends early, no keys are left behind.
  process.once('exit', remove);
  const demo = await layOutCluster(dir, { operators: shape.operators, validators: 1 });
  const network = await changeNetwork(join(dir, 'network.yaml'), shape);
  const ports = await lowPorts(3 * shape.operators);
  const httpPortOf = (id: number): number => ports[id - 1] as number;
  const metricsPortOf = (id: number): number => ports[2 * shape.operators + id - 1] as number;
  const addressOf = (id: number): string => `/ip4/127.0.0.1/tcp/${ports[shape.operators + id - 1]}`;
  const clusterFile = join(dir, 'shares', 'cluster.yaml');
  const validators = await rewriteCluster(clusterFile, dir, shape.validators - 1, addressOf);
  const build = (fileOf: (operator: number) => string): BenchCluster => ({
    ...demo,
    network,
    validators,
    httpPortOf,
    metricsPortOf,
    clusterFile,
    argumentsOf: (id) =>
      demo.argumentsOf(id).flatMap((word, at, words) => {
        if (words[at - 1] === '--http-port') return String(httpPortOf(id));
        if (words[at - 1] === '--p2p-listen') return addressOf(id);
        // As operators run it.
        if (word === '--no-metrics-enabled') return ['--metrics-port', String(metricsPortOf(id))];
        return word === clusterFile ? fileOf(id) : word;
      }),
    withClusterFiles: build,
    async [Symbol.asyncDispose]() {
      await rm(dir, { recursive: true, force: true });
      process.off('exit', remove);
    },
  });
  return build(() => clusterFile);
};
