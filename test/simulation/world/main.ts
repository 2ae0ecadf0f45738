/**
 * `npm run worlds -- --worlds N --seed S [--nodes n] [--trace]`: worlds of real workflows, on all processors.
 *
 * World i of a run has the seed S + i; without --nodes its committee has 4, 7, 10 or 13 operators, by the seed. A failure
 * prints the command that plays that world again, event by event with --trace. Exits non-zero if any broke a promise.
 */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { committeeSize, readOptions, wholeNumber } from '../../script-options.ts';
import { runWorld, type WorldResult } from './world.ts';

interface Job {
  readonly base: number;
  readonly worlds: number;
  readonly nodes: number | null;
  /** One number, shared by all workers: the world that nobody has begun. A large committee takes many times as long as a small one. */
  readonly next: Int32Array;
}

const usage = `npm run worlds -- [options]

  --worlds N   how many                                                    (default 100)
  --seed S     of the first; the next ones count up from it                (default: of the clock; it is printed)
  --nodes N    operators of every committee: 4, 7, 10 or 13                (default: by the seed)
  --trace      event by event, one world after the other
  --help
`;

const chosen = () =>
  readOptions(
    usage,
    {
      options: {
        worlds: { type: 'string', default: '100' },
        seed: { type: 'string' },
        nodes: { type: 'string' },
        trace: { type: 'boolean', default: false },
      },
    },
    ({ values }) => ({
      worlds: wholeNumber(values.worlds, '--worlds', 1),
      base: values.seed === undefined ? Date.now() % 1_000_000_007 : wholeNumber(values.seed, '--seed', 0),
      nodes: values.nodes === undefined ? null : committeeSize(values.nodes, '--nodes'),
      trace: values.trace,
    }),
  );

/** Mostly small committees, as they run fastest. */
const sizes = [4, 4, 4, 7, 4, 10, 4, 7, 4, 13];
const nodesOf = (seed: number, nodes: number | null): number => nodes ?? sizes[seed % sizes.length] ?? 4;

const runJob = async (
  job: Job,
  tell: (result: WorldResult) => void,
  trace?: (line: string) => void,
): Promise<void> => {
  const take = (): number => Atomics.add(job.next, 0, 1);
  for (let at = take(); at < job.worlds; at = take()) {
    const seed = job.base + at;
    tell(await runWorld({ n: nodesOf(seed, job.nodes), seed, ...(trace === undefined ? {} : { trace }) }));
  }
};

const inWorker = (job: Job, tell: (result: WorldResult) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job });
    worker.on('message', tell);
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });

const main = async (): Promise<void> => {
  const { trace, ...options } = chosen();
  const { base, nodes } = options;
  const job: Job = { ...options, next: new Int32Array(new SharedArrayBuffer(4)) };
  const startedMs = performance.now();
  console.log(`${job.worlds} worlds from base seed ${base}`);
  const total = { good: 0, broken: 0, decided: 0, signed: 0 };
  const tell = (result: WorldResult): void => {
    total.decided += result.decided;
    total.signed += result.signed;
    if (result.broken.length === 0) {
      total.good += 1;
      return;
    }
    total.broken += 1;
    const n = nodesOf(result.seed, nodes);
    console.log(`BROKEN PROMISE in world ${result.seed} of ${n}`);
    for (const sentence of result.broken.slice(0, 10)) console.log(`  ${sentence}`);
    console.log(`  replay: npm run worlds -- --worlds 1 --seed ${result.seed} --nodes ${n} --trace`);
  };
  if (trace) await runJob(job, tell, (line) => console.log(line));
  else {
    const workers = Math.max(1, Math.min(availableParallelism(), job.worlds));
    await Promise.all(Array.from({ length: workers }, () => inWorker(job, tell)));
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    `${total.good} worlds good, ${total.broken} broken; ${total.decided} decisions, ${total.signed} signatures, ${seconds} s`,
  );
  if (total.broken > 0 || total.good !== job.worlds) process.exitCode = 1;
};

if (isMainThread) await main();
else await runJob(workerData as Job, (result) => parentPort?.postMessage(result));
