/**
 * A worker thread that does one request at a time, and is started again by the next request after it died.
 *
 * It keeps the process alive only while it works.
 */
// Loaded on this thread too, and first: a native library must not be unloaded with the first worker that ends.
import '@chainsafe/blst';
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import type { Request, Response } from './message.ts';

export interface Thread {
  isBusy(): boolean;
  /** Rejects where the thread dies over it, or is stopped. One at a time; the request's bytes are handed over. */
  run(request: Request): Promise<Response>;
  stop(): Promise<void>;
}

/** Jobs are short-lived: without a limit the engine keeps 100 MB for them. */
const maxYoungGenerationSizeMb = 8;

export const createThread = (program: URL): Thread => {
  let worker: Worker | null = null;
  let running: PromiseWithResolvers<Response> | null = null;

  const take = (): PromiseWithResolvers<Response> | null => {
    const taken = running;
    running = null;
    worker?.unref();
    return taken;
  };

  const start = (): Worker => {
    const started = new Worker(program, { resourceLimits: { maxYoungGenerationSizeMb } });
    let cause: unknown;
    started.on('message', (response: Response) => take()?.resolve(response));
    started.on('error', (error) => {
      cause = error;
    });
    started.on('exit', (code) => {
      worker = null;
      take()?.reject(new Error(`the crypto worker stopped with code ${code}`, { cause }));
    });
    return started;
  };

  return {
    isBusy: () => running !== null,
    run(request) {
      assert(running === null, 'a thread does one request at a time');
      running = Promise.withResolvers();
      worker ??= start();
      worker.ref();
      worker.postMessage(request, [request.bytes]);
      return running.promise;
    },
    async stop() {
      await worker?.terminate();
    },
  };
};
