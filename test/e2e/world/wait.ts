/**
 * Waiting for the world: polling with a deadline, and free TCP ports.
 */
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** Completes the sentence "gave up waiting for ...". */
  readonly what: string;
  readonly timeoutMs: number;
  /** Called before each try; throws when waiting on makes no sense. */
  readonly check?: () => void;
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
};

/** Polls until `probe` returns a value; an error of the probe counts as "not yet" and is told when the time is up. */
export const waitFor = async <T>(options: WaitOptions, probe: () => Promise<T | null>): Promise<T> => {
  const deadline = Date.now() + options.timeoutMs;
  let last = 'nothing yet';
  while (Date.now() < deadline) {
    options.check?.();
    try {
      const value = await probe();
      if (value !== null) return value;
    } catch (error) {
      last = reasonOf(error);
    }
    await sleep(250);
  }
  throw new Error(`gave up waiting for ${options.what} after ${options.timeoutMs / 1000} s (last: ${last})`);
};

const listenOnAny = (): Promise<{ port: number; close: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port was given'));
      resolve({ port: address.port, close: () => new Promise((done) => server.close(() => done())) });
    });
  });

/** `count` different ports that were free a moment ago; held open together so that none comes twice. */
export const freePorts = async (count: number): Promise<number[]> => {
  const held = await Promise.all(Array.from({ length: count }, listenOnAny));
  await Promise.all(held.map(({ close }) => close()));
  return held.map(({ port }) => port);
};
