/**
 * Operators far from each other: 50 and 100 ms for a round trip between any two, with and without 1 % of segments lost. An
 * attestation in every slot, asked of all operators at its start. How delay and loss are made: cluster/network.ts.
 */
import type { ValidatorKey } from '../../../src/core/ids.ts';
import { createClients } from '../cluster/clients.ts';
import { layOut } from '../cluster/lay-out.ts';
import { between, type Path } from '../cluster/network.ts';
import { startNodes } from '../cluster/nodes.ts';
import { attestations, nextSlot } from '../cluster/slots.ts';
import type { Series, Target } from '../figures.ts';
import type { Answers, BenchCase, CaseRun } from '../harness.ts';

const operatorCount = 4;
const warmUp = 3;

/** 4.5 round trips and 25 ms. */
const targetOf = ({ rttMs, loss }: Path): Target | null =>
  rttMs === 50 && loss === 0 ? { of: 'median', max: 4.5 * rttMs + 25 } : null;

const runPath = async (
  path: Path,
  slots: number,
): Promise<{ series: readonly Series[]; answers: Answers }> => {
  // Every slot another validator: a vote each epoch of eight slots.
  await using laidOut = await layOut({ operators: operatorCount, validators: 16, slotSeconds: 1 });
  await using network = await between(laidOut, path);
  const { cluster } = network;
  await using _operators = await startNodes(cluster);
  await using clients = createClients(cluster);
  const samples: number[] = [];
  const last: number[] = [];
  for (let at = 0; at < slots + warmUp; at++) {
    const slot = await nextSlot(cluster.network);
    const validator = cluster.validators[at % cluster.validators.length] as ValidatorKey;
    const { timesMs } = await clients.ask(
      cluster.operators,
      attestations(cluster.network, slot, [validator]),
    );
    if (at < warmUp || timesMs.length === 0) continue;
    samples.push(...timesMs);
    last.push(Math.max(...timesMs));
  }
  await network.checkAllPass();
  const parameters = { 'RTT ms': path.rttMs, 'loss %': path.loss * 100 };
  const common = { name: 'wan', parameters, unit: 'ms', floor: null } as const;
  return {
    series: [
      { ...common, figure: 'attestation, answer', samples, target: targetOf(path) },
      { ...common, figure: 'attestation, last operator', samples: last, target: null },
    ],
    answers: clients.answers('wan', parameters),
  };
};

const paths: readonly Path[] = [50, 100].flatMap((rttMs) => [0, 0.01].map((loss) => ({ rttMs, loss })));

export const wanCase: BenchCase = {
  type: 'nodes',
  name: 'wan',
  about: 'an attestation with 50 and 100 ms between operators, with and without 1 % loss; four operators',
  isLong: false,
  async run({ short, runs }, say): Promise<CaseRun> {
    const series: Series[] = [];
    const answers: Answers[] = [];
    for (const path of short ? paths.slice(0, 1) : paths) {
      say(`${path.rttMs} ms, ${path.loss * 100} % loss`);
      const result = await runPath(path, short ? 1 : (runs ?? 25));
      series.push(...result.series);
      answers.push(result.answers);
    }
    return { series, answers };
  },
};
