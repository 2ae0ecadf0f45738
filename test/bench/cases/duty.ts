/**
 * One duty end to end: real processes, HTTP, gossip, slashing database, embedded signers. Every type of request, all operators'
 * clients at once, one type after the other, each slot with other validators so that nothing is answered from memory.
 */
import { demoRequests } from '../../../src/cli/demo/requests.ts';
import { slotAt } from '../../../src/core/eth2/slots.ts';
import type { ValidatorKey } from '../../../src/core/ids.ts';
import { createClients } from '../cluster/clients.ts';
import { layOut } from '../cluster/lay-out.ts';
import { startNodes } from '../cluster/nodes.ts';
import { nextSlot } from '../cluster/slots.ts';
import { cpuMs } from '../cluster/usage.ts';
import type { Series, Target } from '../figures.ts';
import type { Answers, BenchCase, CaseRun, Extent } from '../harness.ts';

interface Samples {
  /** Of each answer. */
  readonly answerMs: number[];
  /** Until all operators have answered. */
  readonly allMs: number[];
}

interface DutyRun {
  readonly types: ReadonlyMap<string, Samples>;
  /** Of all operators, for one duty of any type. */
  readonly cpuMs: readonly number[];
  readonly answers: Answers;
}

type Pair = readonly [ValidatorKey, ValidatorKey];

/** Slots that warm up, and are not counted. */
const warmUp = 2;

const runDuties = async (
  { operators: count, slots, slotSeconds }: { operators: number; slots: number; slotSeconds: number },
  say: (text: string) => void,
): Promise<DutyRun> => {
  await using cluster = await layOut({ operators: count, validators: 2 * (slots + warmUp), slotSeconds });
  const { network } = cluster;
  await using operators = await startNodes(cluster);
  await using clients = createClients(cluster);
  const types = new Map<string, Samples>();
  const cpu: number[] = [];

  /** In the slot that runs when it is asked: a slow machine needs several for all types. */
  const askAll = async ([first, second]: Pair, isCounted: boolean): Promise<number> => {
    for (let at = 0; ; at++) {
      const slot = slotAt(network, Date.now());
      const kind = demoRequests(network, first, slot)[at]?.type;
      // The two aggregates of a slot are one duty to a validator.
      const validator = kind === 'AGGREGATE_AND_PROOF_V2' ? second : first;
      const request = demoRequests(network, validator, slot)[at];
      if (request === undefined) return at;
      const { type, signingRoot } = request;
      const errand = { validator, signingRoot, body: JSON.stringify(request.body) };
      const { timesMs } = await clients.ask(cluster.operators, [errand]);
      if (!isCounted || timesMs.length === 0) continue;
      const samples: Samples = types.get(type) ?? { answerMs: [], allMs: [] };
      types.set(type, samples);
      samples.answerMs.push(...timesMs);
      samples.allMs.push(Math.max(...timesMs));
    }
  };
  for (let at = 0; at < slots + warmUp; at++) {
    await nextSlot(network);
    const before = await cpuMs(operators.pids());
    const duties = await askAll(cluster.validators.slice(2 * at) as unknown as Pair, at >= warmUp);
    if (at >= warmUp) cpu.push(((await cpuMs(operators.pids())) - before) / duties);
    if (at % 20 === 0) say(`n = ${count}: slot ${at} of ${slots + warmUp}`);
  }
  return { types, cpuMs: cpu, answers: clients.answers('duty', { operators: count }) };
};

/** The issue of a target is an attestation with four operators. */
const targetOf = (operators: number, type: string, of: 'median' | 'p99'): Target | null =>
  operators === 4 && type === 'ATTESTATION' ? { of, max: of === 'median' ? 25 : 80 } : null;

const seriesOf = (operators: number, { types, cpuMs: cpu }: DutyRun): readonly Series[] => [
  ...[...types].flatMap(([type, { answerMs, allMs }]): Series[] => {
    const common = { name: 'duty', parameters: { operators, type }, unit: 'ms', floor: 'http' } as const;
    return [
      { ...common, figure: 'answer', samples: answerMs, target: targetOf(operators, type, 'median') },
      ...(targetOf(operators, type, 'p99') === null
        ? []
        : [
            {
              ...common,
              figure: 'answer, tail',
              samples: answerMs,
              target: targetOf(operators, type, 'p99'),
            },
          ]),
      { ...common, figure: 'last operator answers', samples: allMs, target: null },
    ];
  }),
  {
    name: 'duty',
    parameters: { operators },
    figure: 'CPU of all operators for a duty',
    unit: 'ms',
    samples: cpu,
    floor: 'blst.verify',
    target: null,
  },
];

/** Fewer with more operators: their processes share the machine, and slots must be long enough for all types. */
const plans = ({ short, runs }: Extent) =>
  short
    ? [{ operators: 4, slots: 1, slotSeconds: 1 }]
    : [
        { operators: 4, slots: runs ?? 100, slotSeconds: 1 },
        { operators: 7, slots: runs ?? 12, slotSeconds: 2 },
        { operators: 10, slots: runs ?? 8, slotSeconds: 3 },
        { operators: 13, slots: runs ?? 6, slotSeconds: 4 },
      ];

export const dutyCase: BenchCase = {
  type: 'nodes',
  name: 'duty',
  about: 'one duty over real processes and HTTP, every type of request, n = 4, 7, 10, 13',
  isLong: false,
  async run(extent, say): Promise<CaseRun> {
    const series: Series[] = [];
    const answers: Answers[] = [];
    for (const plan of plans(extent)) {
      const result = await runDuties(plan, say);
      series.push(...seriesOf(plan.operators, result));
      answers.push(result.answers);
    }
    return { series, answers };
  },
};
