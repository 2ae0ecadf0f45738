/**
 * `npm run sim -- --schedules N --seed S [--nodes n] [--trace]`: many schedules of the pure core, on all processors.
 *
 * Schedule i of a run has the seed S + i; without --nodes its committee has 4, 7, 10 or 13 operators, by the seed. A failure
 * prints the command that plays that schedule again, event by event. Exits non-zero if any schedule broke an invariant.
 */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { nodesOf, runMany, type Tally } from './core/many.ts';
import { runSchedule } from './core/world.ts';

interface Job {
  readonly seed: number;
  readonly schedules: number;
  readonly nodes: number | null;
}

const usage = 'usage: sim [--schedules N] [--seed S] [--nodes 4|7|10|13] [--trace]';

const parseNumber = (text: string | undefined, otherwise: number): number => {
  const number = text === undefined ? otherwise : Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(usage);
  process.exit(2);
};

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
  const { values } = parseArgs({
    options: {
      schedules: { type: 'string' },
      seed: { type: 'string' },
      nodes: { type: 'string' },
      trace: { type: 'boolean' },
    },
  });
  const seed = parseNumber(values.seed, randomInt(2 ** 47));
  const schedules = parseNumber(values.schedules, 50_000);
  const nodes = values.nodes === undefined ? null : parseNumber(values.nodes, 4);
  if (nodes !== null && ![4, 7, 10, 13].includes(nodes)) {
    console.error(usage);
    process.exit(2);
  }
  console.log(
    `core: ${schedules} schedules from seed ${seed}${nodes === null ? '' : `, ${nodes} operators`}`,
  );
  if (values.trace) {
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
