/**
 * The demonstration's operators as processes of their own, each logging to a file.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed } from '../command.ts';
import { endWithUs } from './children.ts';
import { type DemoCluster, mainPath } from './cluster.ts';

export interface Operators extends AsyncDisposable {
  /** Ends one at once, as a power cut would. */
  kill(operator: number): Promise<void>;
  /** Process ids, by operator. */
  pids(): readonly number[];
  /** Sends a signal, such as SIGSTOP for one that hangs. */
  signal(operator: number, signal: NodeJS.Signals): void;
  /** Starts one again that was killed; resolves when it says that it is up. */
  restart(operator: number): Promise<void>;
}

/** A node that catches up, on a machine with other things to do. */
const startMs = 60_000;
const stopMs = 8_000;

const exited = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));

/** True once the node says that it is up: its keys are loaded and a quorum of operators is connected. */
const isUp = async (port: number): Promise<boolean> => {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthcheck`, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    // Not listening yet.
    return false;
  }
};

/** Throws CommandFailed where one does not come up; then none is left running. */
export const startOperators = async (cluster: DemoCluster): Promise<Operators> => {
  const children = new Map<number, ChildProcess>();
  const logOf = (id: number): string => join(cluster.dir, `operator-${id}.log`);
  const start = (id: number): void => {
    const log = openSync(logOf(id), 'a', 0o600);
    children.set(
      id,
      endWithUs(
        spawn(process.execPath, [mainPath, ...cluster.argumentsOf(id)], { stdio: ['ignore', log, log] }),
      ),
    );
    closeSync(log);
  };
  const stop = async (): Promise<void> => {
    for (const child of children.values()) child.kill('SIGTERM');
    const late = setTimeout(() => {
      for (const child of children.values()) child.kill('SIGKILL');
    }, stopMs);
    await Promise.all([...children.values()].map(exited));
    clearTimeout(late);
  };
  const untilUp = async (id: number): Promise<void> => {
    const deadline = Date.now() + startMs;
    while (!(await isUp(cluster.httpPortOf(id)))) {
      if (children.get(id)?.exitCode !== null || Date.now() > deadline) {
        await stop();
        throw new CommandFailed(`operator ${id} did not come up; its log is ${logOf(id)}`);
      }
      await sleep(100);
    }
  };
  for (const id of cluster.operators) start(id);
  for (const id of cluster.operators) await untilUp(id);
  return {
    kill: async (id) => {
      const child = children.get(id);
      child?.kill('SIGKILL');
      if (child !== undefined) await exited(child);
    },
    pids: () => [...children.values()].flatMap((child) => child.pid ?? []),
    signal: (id, signal) => void children.get(id)?.kill(signal),
    restart: async (id) => {
      start(id);
      await untilUp(id);
    },
    [Symbol.asyncDispose]: stop,
  };
};
