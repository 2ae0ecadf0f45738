/**
 * `npm run sim -- --schedules N --seed S [--nodes n] [--trace]`: many schedules of the pure core, on all processors.
 *
 * Schedule i of a run has the seed S + i; without --nodes its committee has 4, 7, 10 or 13 operators, by the seed. A failure
 * prints the command that plays that schedule again, event by event. Exits non-zero if any schedule broke an invariant.
 */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { committeeSize, readOptions, wholeNumber } from '../script-options.ts';
import { nodesOf, runMany, type Tally } from './core/many.ts';
import { runSchedule } from './core/world.ts';

interface Job {
  readonly seed: number;
  readonly schedules: number;
  readonly nodes: number | null;
}

const usage = `npm run sim -- [options]

  --schedules N   how many                                                 (default 50000)
  --seed S        of the first; the next ones count up from it             (default: a new one, which is printed)
  --nodes N       operators of every committee: 4, 7, 10 or 13             (default: by the seed)
  --trace         only the first schedule, event by event
  --help
`;

const chosen = () =>
  readOptions(
    usage,
    {
      options: {
        schedules: { type: 'string', default: '50000' },
        seed: { type: 'string' },
        nodes: { type: 'string' },
        trace: { type: 'boolean', default: false },
      },
    },
    ({ values }) => ({
      schedules: wholeNumber(values.schedules, '--schedules', 1),
      seed: values.seed === undefined ? randomInt(2 ** 47) : wholeNumber(values.seed, '--seed', 0),
      nodes: values.nodes === undefined ? null : committeeSize(values.nodes, '--nodes'),
      trace: values.trace,
    }),
  );

const inWorker = (job: Job): Promise<Tally> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job });
    worker.once('message', resolve);
    worker.once('error', reject);
  });

const report = (tallies: readonly Tally[], startedMs: number): void => {
  const sum = (of: (tally: Tally) => number): number =>
    tallies.reduce((total, tally) => total + of(tally), 0);
  const seconds = (performance.now() - startedMs) / 1000;
  const schedules = sum((tally) => tally.schedules);
  const rounds = tallies[0]?.rounds.map(
    (_, round) => `${round === 0 ? 'none' : round}: ${sum((tally) => tally.rounds[round] ?? 0)}`,
  );
  console.log(`decided in round ${rounds?.join(', ')}`);
  for (const tally of tallies) {
    for (const { seed, nodes, violation } of tally.failures) {
      console.log(`VIOLATION ${violation}`);
      console.log(`  replay: npm run sim -- --schedules 1 --seed ${seed} --nodes ${nodes} --trace`);
    }
  }
  const violations = sum((tally) => tally.failures.length);
  console.log(
    `${schedules} schedules, ${sum((tally) => tally.deliveries)} deliveries, ${violations} violations, ${seconds.toFixed(1)} s`,
  );
  if (violations > 0 || schedules === 0) process.exitCode = 1;
};

const main = async (): Promise<void> => {
  const { schedules, seed, nodes, trace } = chosen();
  console.log(
    `core: ${schedules} schedules from seed ${seed}${nodes === null ? '' : `, ${nodes} operators`}`,
  );
  if (trace) {
    const outcome = runSchedule(seed, nodes ?? nodesOf(seed), (line) => console.log(line));
    console.log(outcome.violation ?? 'no violation');
    process.exitCode = outcome.violation === null ? 0 : 1;
    return;
  }
  const startedMs = performance.now();
  const workers = Math.max(1, Math.min(availableParallelism(), Math.ceil(schedules / 1000)));
  const share = Math.ceil(schedules / workers);
  const jobs = Array.from({ length: workers }, (_, at) => ({
    seed: seed + at * share,
    schedules: Math.max(0, Math.min(share, schedules - at * share)),
    nodes,
  }));
  report(await Promise.all(jobs.map(inWorker)), startedMs);
};

if (isMainThread) {
  await main();
} else {
  const { seed, schedules, nodes } = workerData as Job;
  parentPort?.postMessage(runMany(seed, schedules, nodes));
}
