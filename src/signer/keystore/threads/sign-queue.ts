/**
 * Signatures that are asked for in one turn of the event loop, or while the thread signs, go to it together.
 *
 * A message costs the main thread as much as several signatures cost in it.
 */
import assert from 'node:assert/strict';
import type { Root, ShareKey } from '../../../core/ids.ts';
import { noteY } from '../../../core/threshold/known-y.ts';
import type { KeyAnswer, KeyRequest } from './message.ts';

type Ask = (request: KeyRequest) => Promise<KeyAnswer>;
type Sign = (key: ShareKey, root: Root, signal: AbortSignal) => Promise<Uint8Array | null>;

interface Waiting {
  readonly key: ShareKey;
  readonly root: Root;
  readonly signal: AbortSignal;
  readonly result: PromiseWithResolvers<Uint8Array | null>;
}

/** 64 signatures are about 20 ms: fewer make batches that are dearer to combine, more would keep the first ones waiting. */
const BATCH_MAX = 64;

const signatureIn = (both: Uint8Array | null): Uint8Array | null => {
  if (both === null) return null;
  const signature = both.subarray(0, 96);
  noteY(signature, both.subarray(96));
  return signature;
};

const signBatch = async (ask: Ask, batch: readonly Waiting[]): Promise<void> => {
  try {
    const answer = await ask({ type: 'sign', items: batch.map(({ key, root }) => ({ key, root })) });
    assert(answer.type === 'signed', 'a thread answers what it is asked');
    for (const [at, { result }] of batch.entries())
      result.resolve(signatureIn(answer.signatures[at] ?? null));
  } catch (error) {
    for (const { result } of batch) result.reject(error);
  }
};

/** Drops what was aborted while it waited. */
const isWanted = ({ signal, result }: Waiting): boolean => {
  if (signal.aborted) result.reject(signal.reason);
  return !signal.aborted;
};

export const createSignQueue = (ask: Ask): Sign => {
  const queue: Waiting[] = [];
  let isRunning = false;

  const run = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH_MAX).filter(isWanted);
      if (batch.length > 0) await signBatch(ask, batch);
    }
    isRunning = false;
  };

  return (key, root, signal) => {
    const result = Promise.withResolvers<Uint8Array | null>();
    queue.push({ key, root, signal, result });
    if (!isRunning) setImmediate(() => void run());
    isRunning = true;
    return result.promise;
  };
};
