/**
 * A burst: every validator attests in one slot, asked of every operator at once. Wall time is from the first request to the last
 * answer of all operators; CPU time is of the operators' processes alone.
 */
import { createClients } from '../cluster/clients.ts';
import { layOut } from '../cluster/lay-out.ts';
import { startNodes } from '../cluster/nodes.ts';
import { attestations, nextEpoch } from '../cluster/slots.ts';
import { cpuMs, residentMb } from '../cluster/usage.ts';
import { quantile, type Series, type Target } from '../figures.ts';
import type { Answers, BenchCase, CaseRun } from '../harness.ts';

export interface Burst {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly clientsCpuMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly missing: number;
}

export interface Bursts {
  readonly bursts: readonly Burst[];
  /** MB of each operator, after the last. */
  readonly memoryMb: readonly number[];
  readonly answers: Answers;
}

/** `bursts` of them after `warmUp` that are not counted: nodes run for months, and the engine compiles for the first few. */
export const runBursts = async (
  shape: { readonly operators: number; readonly validators: number; readonly slotSeconds?: number },
  { bursts, warmUp }: { readonly bursts: number; readonly warmUp: number },
  say: (text: string) => void,
): Promise<Bursts> => {
  await using cluster = await layOut(shape);
  const { network } = cluster;
  await using operators = await startNodes(cluster);
  await using clients = createClients(cluster);
  const one = async (): Promise<Burst> => {
    const errands = attestations(network, await nextEpoch(network), cluster.validators);
    const [cpuBefore, ownBefore] = [await cpuMs(operators.pids()), process.cpuUsage()];
    const startedMs = performance.now();
    const { timesMs, missing } = await clients.ask(cluster.operators, errands);
    const wallMs = performance.now() - startedMs;
    const own = process.cpuUsage(ownBefore);
    return {
      wallMs,
      cpuMs: (await cpuMs(operators.pids())) - cpuBefore,
      clientsCpuMs: (own.user + own.system) / 1000,
      p50Ms: quantile(timesMs, 0.5),
      p99Ms: quantile(timesMs, 0.99),
      missing,
    };
  };
  const done: Burst[] = [];
  for (let at = 0; at < warmUp + bursts; at++) {
    const burst = await one();
    say(
      Object.entries(burst)
        .map(([name, value]) => `${name} ${value.toFixed(0)}`)
        .join('  '),
    );
    if (at >= warmUp) done.push(burst);
  }
  const memoryMb = await residentMb(operators.pids());
  const { operators: count, validators } = shape;
  return { bursts: done, memoryMb, answers: clients.answers('burst', { operators: count, validators }) };
};

const most = (max: number, of: Target['of'] = 'median'): Target => ({ of, max });

const seriesOf = (validators: number, operators: number, { bursts, memoryMb }: Bursts): readonly Series[] => {
  const isThousand = validators === 1000;
  const common = { name: 'burst', parameters: { operators, validators } };
  const ms = { ...common, unit: 'ms' } as const;
  const of = (pick: (burst: Burst) => number): readonly number[] => bursts.map(pick);
  return [
    {
      ...ms,
      figure: 'all answers, wall',
      samples: of(({ wallMs }) => wallMs),
      floor: null,
      target: isThousand ? most(3000) : null,
    },
    {
      ...ms,
      figure: 'all answers, CPU of all operators',
      samples: of((burst) => burst.cpuMs),
      floor: null,
      target: isThousand ? most(4500) : null,
    },
    {
      ...ms,
      figure: 'CPU for an answer',
      samples: of((burst) => burst.cpuMs / (validators * operators - burst.missing)),
      floor: 'blst.verify',
      target: null,
    },
    {
      ...ms,
      figure: 'CPU of the clients',
      samples: of(({ clientsCpuMs }) => clientsCpuMs),
      floor: null,
      target: null,
    },
    { ...ms, figure: 'answer, p50', samples: of(({ p50Ms }) => p50Ms), floor: null, target: null },
    { ...ms, figure: 'answer, p99', samples: of(({ p99Ms }) => p99Ms), floor: null, target: null },
    {
      ...common,
      unit: 'MB',
      figure: 'resident memory of a node',
      samples: memoryMb,
      floor: null,
      target: isThousand ? most(200, 'p99') : null,
    },
  ];
};

export const burstCase: BenchCase = {
  type: 'nodes',
  name: 'burst',
  about: 'all validators attest in one slot; 100, 500, 1000 and 3000 of them, four operators',
  isLong: false,
  async run({ short, runs }, say): Promise<CaseRun> {
    const series: Series[] = [];
    const answers: Answers[] = [];
    for (const validators of short ? [20] : [100, 500, 1000, 3000]) {
      say(`${validators} validators`);
      const result = short
        ? await runBursts({ operators: 4, validators, slotSeconds: 1 }, { bursts: 1, warmUp: 0 }, say)
        : await runBursts(
            { operators: 4, validators },
            { bursts: runs ?? 5, warmUp: validators > 1000 ? 1 : 3 },
            say,
          );
      series.push(...seriesOf(validators, 4, result));
      answers.push(result.answers);
    }
    return { series, answers };
  },
};
