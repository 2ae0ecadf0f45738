/**
 * The end-to-end run: `npm run e2e`. README.md beside this file says what it shows.
 *
 * Exit code 0: every verdict holds; 1: one does not, or the run broke off; 2: wrong options.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installLodestar } from './install-lodestar.ts';
import { parseOptions, usage } from './options.ts';
import { runEndToEnd } from './run.ts';
import { createSupervisor } from './world/supervisor.ts';

const startedMs = Date.now();
const say = (line: string): void => {
  process.stdout.write(`${((Date.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
};

const readOptions = (): ReturnType<typeof parseOptions> => {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
    process.exit(2);
  }
};

const main = async (): Promise<void> => {
  const options = readOptions();
  if (options === null) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  installLodestar(say);
  const folder = mkdtempSync(join(tmpdir(), 'quorate-e2e-'));
  const logFolder = join(folder, 'logs');
  mkdirSync(logFolder);
  say(`logs and data in ${folder}`);
  const supervisor = createSupervisor(logFolder);
  // Exiting is enough to stop: the supervisor ends its children when this process exits.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      say(`${signal}: stopping; logs and data kept in ${folder}`);
      process.exit(130);
    });
  }
  let passed = false;
  try {
    passed = await runEndToEnd({ options, folder, supervisor, say });
  } catch (error) {
    process.stderr.write(`the run broke off: ${(error as Error).stack ?? String(error)}\n`);
  }
  await supervisor.stopAll();
  if (passed && !options.keepFiles) rmSync(folder, { recursive: true });
  else say(`logs and data kept in ${folder}`);
  process.exit(passed ? 0 : 1);
};

await main();
