/**
 * Signatures that are asked for in one turn of the event loop, or while the thread signs, go to it together.
 *
 * A message costs the main thread as much as several signatures cost in it.
 */
import assert from 'node:assert/strict';
import type { Root, ShareKey } from '../../../core/ids.ts';
import { noteY } from '../../../core/threshold/known-y.ts';
import { type KeyAnswer, type KeyRequest, SIGNED_BYTES } from './message.ts';

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

const signatureIn = (signatures: Uint8Array, at: number): Uint8Array => {
  const start = SIGNED_BYTES * at;
  const signature = signatures.subarray(start, start + 96);
  noteY(signature, signatures.subarray(start + 96, start + SIGNED_BYTES));
  return signature;
};

const signBatch = async (ask: Ask, batch: readonly Waiting[]): Promise<void> => {
  try {
    const [keys, roots] = [batch.map(({ key }) => key), batch.map(({ root }) => root)];
    const answer = await ask({ type: 'sign', keys, roots });
    assert(answer.type === 'signed', 'a thread answers what it is asked');
    const { signatures, missing } = answer;
    assert(signatures.length === SIGNED_BYTES * batch.length, 'a thread answers for each key');
    for (const [at, { result }] of batch.entries())
      result.resolve(missing.includes(at) ? null : signatureIn(signatures, at));
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
