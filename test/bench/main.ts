/**
 * `npm run bench`: measures, prints a table, and JSON where it is asked for. Progress goes to standard error.
 *
 * It exits with 1 where something is broken: a case throws, a signature is missing in a short run, or is wrong or different
 * from another operator's. Never because of how long something took.
 */
import { writeFile } from 'node:fs/promises';
import { readOptions, wholeNumber } from '../script-options.ts';
import { catalogue } from './catalogue.ts';
import { type Figure, figureOf } from './figures.ts';
import { type FloorWork, startFloors } from './floors.ts';
import { type Answers, type BenchCase, type Extent, measureFloors, PortTaken, runMicros } from './harness.ts';
import { commitNow, describeMachine, loadNow } from './machine.ts';
import type { BrokenCase, Results } from './results.ts';
import { tableOf } from './table.ts';

const usage = `npm run bench -- [options]

  --json [FILE]   write the figures as JSON: to the file, or to standard output in place of the table
  --cases A,B     only these; a case that takes long runs only if it is named here
  --runs N        samples of each case, in place of its own number
  --short         a few seconds, to see that everything works; the figures mean nothing
  --list          the cases
  --help
`;

const startedMs = performance.now();
const say = (text: string): void => {
  process.stderr.write(`[${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s] ${text}\n`);
};

/** `--json` without a file means standard output. */
const withFiles = (argv: readonly string[]): string[] =>
  argv.map((text, at) => (text === '--json' && (argv[at + 1] ?? '--').startsWith('--') ? '--json=-' : text));

const asked = () =>
  readOptions(
    usage,
    {
      args: withFiles(process.argv.slice(2)),
      options: {
        json: { type: 'string' },
        cases: { type: 'string' },
        runs: { type: 'string' },
        short: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
      },
    },
    ({ values }) => {
      const named = values.cases?.split(',') ?? null;
      const unknown = named?.find((name) => !catalogue.some((one) => one.name === name));
      if (unknown !== undefined) throw new RangeError(`--cases: there is no case ${unknown}; see --list`);
      const runs = values.runs === undefined ? null : wholeNumber(values.runs, '--runs', 1);
      return { json: values.json, list: values.list, named, extent: { short: values.short, runs } };
    },
  );

const chosen = (named: readonly string[] | null): readonly BenchCase[] =>
  catalogue.filter((one) =>
    named === null ? one.type === 'micro' || !one.isLong : named.includes(one.name),
  );

const tryTwice = async <T>(run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof PortTaken)) throw error;
    say(`again, as a port was taken: ${error.message}`);
    return await run();
  }
};

const runNodes = async (
  work: FloorWork,
  cases: readonly BenchCase[],
  extent: Extent,
): Promise<{
  figures: readonly Figure[];
  answers: readonly Answers[];
  broken: readonly BrokenCase[];
}> => {
  const figures: Figure[] = [];
  const answers: Answers[] = [];
  const broken: BrokenCase[] = [];
  for (const one of cases) {
    if (one.type !== 'nodes') continue;
    const floors = await measureFloors(work, extent);
    say(one.name);
    try {
      const result = await tryTwice(() => one.run(extent, (text) => say(`  ${text}`)));
      figures.push(...result.series.map((series) => figureOf(series, floors)));
      answers.push(...result.answers);
    } catch (error) {
      // The other cases have something to say all the same.
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      say(`${one.name} is broken: ${why}`);
      broken.push({ name: one.name, why: why.split('\n')[0] ?? why });
    }
  }
  return { figures, answers, broken };
};

const measure = async (cases: readonly BenchCase[], extent: Extent): Promise<Results> => {
  const [date, loadAtStart] = [new Date().toISOString(), loadNow()];
  await using work = await startFloors(!extent.short);
  const micros = cases.flatMap((one) => (one.type === 'micro' ? one.micros() : []));
  say(`floors, and ${micros.length} small cases interleaved with them`);
  const small = await runMicros(work, micros, extent);
  const large = await runNodes(work, cases, extent);
  return {
    version: 1,
    date,
    commit: commitNow(),
    short: extent.short,
    tookSeconds: Math.round((performance.now() - startedMs) / 1000),
    machine: describeMachine(loadAtStart),
    floors: small.floors,
    cases: [...small.figures, ...large.figures],
    answers: large.answers,
    broken: large.broken,
  };
};

const main = async (): Promise<number> => {
  const { json, named, extent, list } = asked();
  if (list) {
    for (const one of catalogue) {
      const isLong = one.type === 'nodes' && one.isLong;
      process.stdout.write(`${one.name.padEnd(12)} ${one.about}${isLong ? ' (only when named)' : ''}\n`);
    }
    return 0;
  }
  const results = await measure(chosen(named), extent);
  const text = `${JSON.stringify(results, null, 1)}\n`;
  if (json !== undefined && json !== '-') await writeFile(json, text);
  process.stdout.write(json === '-' ? text : tableOf(results));
  const missing = results.answers.some(({ asked, answered }) => answered < asked);
  if (missing) say('some requests were not answered');
  return results.broken.length > 0 || (missing && extent.short) ? 1 : 0;
};

// Exit handlers stop the nodes and remove their folders.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();
