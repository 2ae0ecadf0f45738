/**
 * The child processes of a run: started with their output in log files, and all ended when the run ends, however it ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface StartOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of standard output. */
  readonly onLine?: (line: string) => void;
}

export interface Child {
  readonly name: string;
  readonly logFile: string;
  /** SIGKILL, and the wait for the end. */
  readonly kill: () => Promise<void>;
}

export interface Supervisor {
  readonly start: (options: StartOptions) => Child;
  /** Throws, with the end of its log, when a child ended that nobody asked to end. */
  readonly assertAllRunning: () => void;
  readonly stopAll: () => Promise<void>;
}

const tail = (file: string, lines: number): string =>
  readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');

const launch = (options: StartOptions, logFile: string): ChildProcess => {
  const child = spawn(options.command, [...options.args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  child.on('error', (error) => log.write(`could not start ${options.command}: ${error.message}\n`));
  child.on('close', () => log.end());
  const { onLine } = options;
  if (onLine !== undefined && child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', onLine);
  return child;
};

const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

const killAndWait = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (hasEnded(child)) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });

export const createSupervisor = (logFolder: string): Supervisor => {
  const running = new Map<ChildProcess, Child>();
  // The last resort for every way out of this process, an uncaught fault included.
  process.on('exit', () => {
    for (const child of running.keys()) child.kill('SIGKILL');
  });

  const start = (options: StartOptions): Child => {
    const logFile = join(logFolder, `${options.name}.log`);
    const spawned = launch(options, logFile);
    const kill = async (): Promise<void> => {
      running.delete(spawned);
      await killAndWait(spawned);
    };
    const child: Child = { name: options.name, logFile, kill };
    running.set(spawned, child);
    return child;
  };

  const assertAllRunning = (): void => {
    for (const [spawned, child] of running) {
      if (!hasEnded(spawned)) continue;
      const how = spawned.signalCode ?? `code ${spawned.exitCode}`;
      throw new Error(
        `${child.name} ended (${how}). The end of ${child.logFile}:\n${tail(child.logFile, 15)}`,
      );
    }
  };

  const stopAll = async (): Promise<void> => {
    await Promise.all([...running.values()].map((child) => child.kill()));
  };

  return { start, assertAllRunning, stopAll };
};
