/**
 * The main thread's side of one key thread.
 *
 * A thread that died is started again by the next request, and then first loads anew what it held.
 */
// Loaded on this thread too, and first: a native library must not be unloaded with the first worker that ends.
import '@chainsafe/blst';
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import type { Root, ShareKey } from '../../../core/ids.ts';
import type { KeystoreFile } from '../folder.ts';
import type { KeyAnswer, KeyRequest, LoadAnswer } from './message.ts';
import { createSignQueue } from './sign-queue.ts';

export interface KeyThread {
  /** Rejects where the thread died over it. */
  load(file: KeystoreFile): Promise<LoadAnswer>;
  /** The loaded file has another name now; a thread that starts again reads it there. */
  moved(path: string, file: KeystoreFile): void;
  /** This file is not needed for this key any more: overwrites the secret unless another file holds it too. */
  unload(path: string, key: ShareKey): Promise<void>;
  /** Null where the key is not held. Rejects where the thread died over it. Not sent at all once the signal is aborted. */
  sign(key: ShareKey, root: Root, signal: AbortSignal): Promise<Uint8Array | null>;
  /** Overwrites the secrets and ends the thread. */
  stop(): Promise<void>;
}

interface Link {
  ask(request: KeyRequest): Promise<KeyAnswer>;
  end(): Promise<unknown>;
}

/** A thread that signs makes little garbage: without a limit the engine keeps 100 MB for it. */
const maxYoungGenerationSizeMb = 4;

/** One life of a worker: requests and answers in order. `onEnd` comes once, before the waiting requests are rejected. */
const createLink = (program: URL, onEnd: () => void): Link => {
  const worker = new Worker(program, { resourceLimits: { maxYoungGenerationSizeMb } });
  const waiting: PromiseWithResolvers<KeyAnswer>[] = [];
  let cause: unknown;
  worker.unref();
  worker.on('message', (answer: KeyAnswer) => {
    waiting.shift()?.resolve(answer);
    if (waiting.length === 0) worker.unref();
  });
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', (code) => {
    onEnd();
    for (const { reject } of waiting.splice(0))
      reject(new Error(`the key thread stopped with code ${code}`, { cause }));
  });
  return {
    ask(request) {
      const answer = Promise.withResolvers<KeyAnswer>();
      waiting.push(answer);
      worker.ref();
      worker.postMessage(request);
      return answer.promise;
    },
    end: () => worker.terminate(),
  };
};

export const createKeyThread = (program = new URL('./worker.ts', import.meta.url)): KeyThread => {
  /** By path. */
  const held = new Map<string, { readonly file: KeystoreFile; readonly key: ShareKey }>();
  let link: Link | null = null;

  const start = (): Link => {
    const started = createLink(program, () => {
      link = null;
    });
    // What cannot be loaded again is missing when it is asked to sign, and reported then.
    for (const { file } of held.values()) started.ask({ type: 'load', file }).catch(() => undefined);
    return started;
  };
  const ask = (request: KeyRequest): Promise<KeyAnswer> => {
    link ??= start();
    return link.ask(request);
  };

  return {
    sign: createSignQueue(ask),
    async load(file) {
      const answer = await ask({ type: 'load', file });
      assert(answer.type === 'loaded' || answer.type === 'problem', 'a thread answers what it is asked');
      if (answer.type === 'loaded') held.set(file.path, { file, key: answer.key });
      return answer;
    },
    moved(path, file) {
      const known = held.get(path);
      if (known === undefined) return;
      held.delete(path);
      held.set(file.path, { file, key: known.key });
    },
    async unload(path, key) {
      if (held.get(path)?.key === key) held.delete(path);
      if (link === null || [...held.values()].some((other) => other.key === key)) return;
      // A thread that dies over it has lost its memory too.
      await ask({ type: 'drop', keys: [key] }).catch(() => undefined);
    },
    async stop() {
      if (link === null) return;
      const { ask: askOnce, end } = link;
      // A thread that dies over it has lost its memory too.
      await askOnce({ type: 'forget' }).catch(() => undefined);
      await end();
    },
  };
};
