/**
 * Start-up with many validators: four nodes at once on one machine, until each answers upcheck (it serves clients) and healthcheck
 * (its keys are loaded and a quorum of operators is connected). Keystores are as `quorate split` writes them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchCluster, layOut } from '../cluster/lay-out.ts';
import { launchNodes } from '../cluster/nodes.ts';
import { residentMb } from '../cluster/usage.ts';
import type { Series } from '../figures.ts';
import { type BenchCase, Broken, type CaseRun } from '../harness.ts';

const operatorCount = 4;

const checkKeys = async (cluster: BenchCluster): Promise<void> => {
  for (const id of cluster.operators) {
    const response = await fetch(`http://127.0.0.1:${cluster.httpPortOf(id)}/api/v1/eth2/publicKeys`);
    const keys = (await response.json()) as unknown[];
    if (!response.ok || keys.length !== cluster.validators.length)
      throw new Broken(`operator ${id} serves ${keys.length} keys of ${cluster.validators.length}`);
  }
};

/** Copying the history of 10,000 validators, and giving back what the start took, is over by then. */
const restedMs = 60_000;

const startOnce = async (cluster: BenchCluster, restMs: number) => {
  const startedMs = performance.now();
  await using nodes = launchNodes(cluster);
  const each = async (route: '/upcheck' | '/healthcheck'): Promise<readonly number[]> => {
    const timesMs = await Promise.all(cluster.operators.map((id) => nodes.until(id, route, startedMs)));
    return timesMs.map((ms) => ms / 1000);
  };
  const [serves, isUp] = await Promise.all([each('/upcheck'), each('/healthcheck')]);
  await checkKeys(cluster);
  const memoryMb = await residentMb(nodes.pids());
  await sleep(restMs);
  return { serves, isUp, memoryMb, restedMb: await residentMb(nodes.pids()) };
};

export const startUpCase: BenchCase = {
  type: 'nodes',
  name: 'start-up',
  about: 'four nodes with 10,000 validators: time until they serve, and memory',
  isLong: false,
  async run({ short, runs }, say): Promise<CaseRun> {
    const validators = short ? 20 : 10_000;
    say(`making ${validators} validators`);
    await using cluster = await layOut({ operators: operatorCount, validators });
    const [serves, isUp, memory, rested]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let at = 0; at < (short ? 1 : (runs ?? 2)); at++) {
      say('starting four nodes');
      const started = await startOnce(cluster, short ? 0 : restedMs);
      serves.push(...started.serves);
      isUp.push(...started.isUp);
      memory.push(...started.memoryMb);
      rested.push(...started.restedMb);
    }
    const common = {
      name: 'start-up',
      parameters: { operators: operatorCount, validators },
      floor: null,
    } as const;
    const target = short ? null : ({ of: 'p99', max: 400 } as const);
    const series: readonly Series[] = [
      { ...common, figure: 'serves clients', unit: 's', samples: serves, target: null },
      { ...common, figure: 'is up', unit: 's', samples: isUp, target: null },
      {
        ...common,
        figure: 'resident memory of a node, when it is up',
        unit: 'MB',
        samples: memory,
        target,
      },
      { ...common, figure: 'resident memory of a node, a minute later', unit: 'MB', samples: rested, target },
    ];
    return { series, answers: [] };
  },
};
