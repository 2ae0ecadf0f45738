/**
 * A lease beside the operator key: tells a second node with the same key file before it says a word.
 *
 * The file names host, process and time, and is renewed while the node runs. It is a courtesy to whoever starts a node twice by
 * accident; a copied key has no lease, and is told by hello and by what the twin says. Where the folder cannot be written
 * (secrets are often mounted so) there is none.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartFailed } from '../start-failed.ts';

const renewMs = 5_000;
/** A lease that was not renewed for this long is nobody's. */
const staleMs = 20_000;

interface Lease {
  readonly host: string;
  readonly pid: number;
  readonly atMs: number;
}

export interface LeaseOptions {
  readonly keyFile: string;
  readonly host?: string;
  readonly staleMs?: number;
}

/** Waits for a lease of another machine to go stale. Throws StartFailed where one is alive. */
export const takeLease = async (options: LeaseOptions): Promise<Disposable> => {
  const path = `${options.keyFile}.lease`;
  const host = options.host ?? hostname();
  const limitMs = options.staleMs ?? staleMs;
  const found = readLease(path);
  if (found !== null && Date.now() - found.atMs < limitMs && !isOver(found, host)) {
    // Of a process that we cannot look at: a container that was replaced, or another machine. A living one renews it.
    if (found.host !== host) await sleep(limitMs - (Date.now() - found.atMs));
    const now = readLease(path);
    if (now !== null && (now.host === host || now.atMs !== found.atMs)) throw held(path, now);
  }
  const write = (): boolean => {
    try {
      writeFileSync(path, JSON.stringify({ host, pid: process.pid, atMs: Date.now() }), { mode: 0o600 });
      return true;
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause) return false;
      throw cause;
    }
  };
  if (!write()) return { [Symbol.dispose]: () => {} };
  const timer = setInterval(write, renewMs);
  timer.unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      rmSync(path, { force: true });
    },
  };
};

const held = (path: string, { host, pid }: Lease): StartFailed =>
  new StartFailed(
    `another node runs with this operator key: process ${pid} on ${host} holds ${path}; stop it first, as an operator that runs twice contradicts itself`,
  );

const readLease = (path: string): Lease | null => {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Lease>;
    const { host, pid, atMs } = value;
    if (typeof host !== 'string' || typeof pid !== 'number' || typeof atMs !== 'number') return null;
    return { host: host.slice(0, 100), pid, atMs };
  } catch {
    // None, or cut short by a crash while it was written: then nobody holds it.
    return null;
  }
};

/** Certain that its process has ended. */
const isOver = ({ host, pid }: Lease, ownHost: string): boolean => {
  if (host !== ownHost) return false;
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'ESRCH';
  }
};
