/**
 * The process itself, before anything of weight is loaded: how much memory the engine may hold on to, and where compiled code is
 * kept.
 *
 * V8 lets the space for new objects grow to over 100 MB and never gives it back, in each thread, and lets garbage among the old
 * ones become as much as what is alive before it looks. A node is nearly as fast with less. The former is fixed when the engine
 * starts, so the program replaces itself once, under the same process id.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** Half of the space for new objects. MB */
const semiSpaceMb = 8;
const semiSpaceFlag = '--max-semi-space-size';
/**
 * Old objects may grow by so much, in percent of what was alive, until the next collection. Set while the process runs: an engine that
 * does not know it any more says so and goes on, where as an argument it would end the start.
 */
const growthFlag = '--heap-growing-percent=30';
/**
 * New objects are few and are collected by the thread that made them: four helpers, woken a dozen times in a burst for a few
 * milliseconds each, cost a twentieth of its CPU time.
 */
const helpersFlag = '--no-parallel-scavenge';

/** Commands that run for months; the others end before it matters. */
const lasting: ReadonlySet<string> = new Set(['run', 'observe', 'signer']);

const isChosen = (): boolean =>
  [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => text.includes(semiSpaceFlag));

/**
 * glibc gives each thread an arena of its own, keeps in it what was freed, and learns to keep ever larger blocks. We allocate
 * little outside the engine and seldom from two threads at once: one arena, and large blocks go back to the system. Bytes.
 */
const allocator = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: String(256 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(128 * 1024),
};

const limitMemory = (argv: readonly string[]): void => {
  if (!lasting.has(argv[0] ?? '')) return;
  setFlagsFromString(growthFlag);
  setFlagsFromString(helpersFlag);
  // Absent on Windows; there the engine's own size stays.
  if (isChosen() || process.execve === undefined) return;
  process.execve(
    process.execPath,
    [process.execPath, `${semiSpaceFlag}=${semiSpaceMb}`, ...process.execArgv, ...process.argv.slice(1)],
    { ...allocator, ...process.env },
  );
};

/** Without kept code every thread compiles TypeScript anew, which costs it 15 MB for good. It is as trusted as the program beside it. */
const keepCompiledCode = (): void => {
  if (process.env.NODE_COMPILE_CACHE !== undefined || process.env.NODE_DISABLE_COMPILE_CACHE !== undefined)
    return;
  const folder = join(import.meta.dirname, '../../../node_modules/.cache/quorate');
  // Where that cannot be written, as in an image, nothing is kept and nothing is wrong.
  enableCompileCache(folder);
  // Threads, the nodes of a demonstration and the process that takes over from this one read it from here.
  process.env.NODE_COMPILE_CACHE = folder;
};

export const fitProcess = (argv: readonly string[]): void => {
  keepCompiledCode();
  // After it: the process that takes over then finds even its first file compiled, and never loads the compiler.
  limitMemory(argv);
};
