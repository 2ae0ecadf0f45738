/**
 * Operators as processes. Beside what the demonstration does with its own: waits longer, times the start of each, and tells the end
 * of the log of one that does not come up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithUs } from '../../../src/cli/demo/children.ts';
import { mainPath } from '../../../src/cli/demo/cluster.ts';
import { Broken, PortTaken } from '../harness.ts';
import type { BenchCluster } from './lay-out.ts';

export interface Nodes extends AsyncDisposable {
  pids(): readonly number[];
  /** Resolves when this route of the operator answers with 200, with ms since `startedMs`. */
  until(operator: number, route: '/upcheck' | '/healthcheck', startedMs: number): Promise<number>;
  /** Ends one at once, as a power cut would. */
  kill(operator: number): Promise<void>;
  /** Starts one again that was killed; resolves when it says that it is up. */
  restart(operator: number): Promise<void>;
  signal(operator: number, signal: NodeJS.Signals): void;
}

const stopMs = 10_000;
/** Ten thousand validators, four nodes, two cores, and others at work. */
const patienceMs = 300_000;

const isGone = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const isGood = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Not listening yet, or too busy to answer.
    return false;
  }
};

const stop = async (children: readonly ChildProcess[]): Promise<void> => {
  const gone = children.map((child) => (isGone(child) ? null : once(child, 'exit')));
  for (const child of children) child.kill('SIGTERM');
  const late = setTimeout(() => {
    for (const child of children) child.kill('SIGKILL');
  }, stopMs);
  await Promise.all(gone);
  clearTimeout(late);
};

/** All operators at once, each logging into the cluster's folder. Does not wait for them. */
export const launchNodes = (cluster: BenchCluster): Nodes => {
  const children = new Map<number, ChildProcess>();
  const logOf = (id: number): string => join(cluster.dir, `operator-${id}.log`);
  const start = (id: number): void => {
    const log = openSync(logOf(id), 'a', 0o600);
    const argv = [mainPath, ...cluster.argumentsOf(id)];
    children.set(id, endWithUs(spawn(process.execPath, argv, { stdio: ['ignore', log, log] })));
    closeSync(log);
  };
  const until: Nodes['until'] = async (id, route, startedMs) => {
    const url = `http://127.0.0.1:${cluster.httpPortOf(id)}${route}`;
    for (;;) {
      if (await isGood(url)) return performance.now() - startedMs;
      const child = children.get(id);
      if (child === undefined || isGone(child) || performance.now() - startedMs > patienceMs) {
        const log = await readFile(logOf(id), 'utf8');
        const why = `operator ${id} did not come up; the end of its log:\n${log.slice(-2000)}`;
        throw /the port is taken|EADDRINUSE/.test(log) ? new PortTaken(why) : new Broken(why);
      }
      await sleep(50);
    }
  };
  for (const id of cluster.operators) start(id);
  return {
    until,
    pids: () => [...children.values()].flatMap((child) => (isGone(child) ? [] : (child.pid ?? []))),
    async kill(id) {
      const child = children.get(id);
      if (child === undefined || isGone(child)) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
    async restart(id) {
      start(id);
      await until(id, '/healthcheck', performance.now());
    },
    signal: (id, signal) => void children.get(id)?.kill(signal),
    [Symbol.asyncDispose]: () => stop([...children.values()]),
  };
};

/** The same, up: keys loaded, a quorum of operators connected. */
export const startNodes = async (cluster: BenchCluster): Promise<Nodes> => {
  const nodes = launchNodes(cluster);
  try {
    const startedMs = performance.now();
    await Promise.all(cluster.operators.map((id) => nodes.until(id, '/healthcheck', startedMs)));
    return nodes;
  } catch (error) {
    await nodes[Symbol.asyncDispose]();
    throw error;
  }
};
