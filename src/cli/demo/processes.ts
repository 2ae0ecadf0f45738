/**
 * The demonstration's operators as processes of their own, each logging to a file.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed } from '../command.ts';
import { type DemoCluster, type DemoOperator, mainPath, operatorIds } from './cluster.ts';

export interface Operators extends AsyncDisposable {
  /** Ends one at once, as a power cut would. */
  kill(operator: DemoOperator): Promise<void>;
}

const startMs = 30_000;

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

export const startOperators = async (dir: string, cluster: DemoCluster): Promise<Operators> => {
  const children = new Map<DemoOperator, ChildProcess>();
  const logOf = (id: DemoOperator): string => join(dir, `operator-${id}.log`);
  const stop = async (): Promise<void> => {
    for (const child of children.values()) child.kill('SIGTERM');
    const late = setTimeout(() => [...children.values()].map((child) => child.kill('SIGKILL')), 8000);
    await Promise.all([...children.values()].map(exited));
    clearTimeout(late);
  };
  for (const id of operatorIds) {
    const log = openSync(logOf(id), 'a', 0o600);
    children.set(
      id,
      spawn(process.execPath, [mainPath, ...cluster.argumentsOf(id)], { stdio: ['ignore', log, log] }),
    );
  }
  const deadline = Date.now() + startMs;
  for (const id of operatorIds) {
    while (!(await isUp(cluster.httpPorts[id]))) {
      const child = children.get(id);
      if (child?.exitCode !== null || Date.now() > deadline) {
        await stop();
        throw new CommandFailed(`operator ${id} did not come up; its log is ${logOf(id)}`);
      }
      await sleep(100);
    }
  }
  return {
    kill: async (id) => {
      const child = children.get(id);
      child?.kill('SIGKILL');
      if (child !== undefined) await exited(child);
    },
    [Symbol.asyncDispose]: stop,
  };
};
