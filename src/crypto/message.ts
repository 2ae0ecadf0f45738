/**
 * Combine jobs and partials as they cross to the crypto worker and back.
 *
 * All signatures of a message travel in one buffer that is handed over, not copied a second time: callers keep their own
 * partials, which often are views of larger buffers.
 */
import type { CombineJob, CombineResult, PartialCheck } from '../core/threshold/job.ts';

/** One call of the combiner. */
export type Call =
  | { readonly type: 'combine'; readonly jobs: readonly CombineJob[] }
  | { readonly type: 'verify'; readonly checks: readonly PartialCheck[] };

export type Answer =
  | { readonly type: 'combine'; readonly results: readonly CombineResult[] }
  | { readonly type: 'verify'; readonly verdicts: readonly boolean[] };

export interface Request {
  readonly calls: readonly Call[];
  /** The bytes that the signatures of the calls are views of. */
  readonly bytes: ArrayBuffer;
}

export type Response =
  | { readonly type: 'answers'; readonly answers: readonly Answer[] }
  /** A bug: combining does not throw for anything that a partial holds. */
  | { readonly type: 'failed'; readonly message: string };

const signaturesOf = (call: Call): readonly Uint8Array[] => {
  switch (call.type) {
    case 'combine':
      return call.jobs.flatMap(({ partials }) => partials.map(({ signature }) => signature));
    case 'verify':
      return call.checks.map(({ signature }) => signature);
  }
};

/** The same calls, their signatures moved by `move`. */
const withSignatures = (call: Call, move: (signature: Uint8Array) => Uint8Array): Call => {
  const moved = <T extends { readonly signature: Uint8Array }>(item: T): T => ({
    ...item,
    signature: move(item.signature),
  });
  switch (call.type) {
    case 'combine':
      return { ...call, jobs: call.jobs.map((job) => ({ ...job, partials: job.partials.map(moved) })) };
    case 'verify':
      return { ...call, checks: call.checks.map(moved) };
  }
};

/** Signatures of 96 or 192 bytes; of anything longer, which is no signature, so much is kept that it stays none. */
const LENGTH_MAX = 193;

export const pack = (calls: readonly Call[]): Request => {
  const size = calls.flatMap(signaturesOf).reduce((sum, { length }) => sum + Math.min(length, LENGTH_MAX), 0);
  const bytes = new ArrayBuffer(size);
  let at = 0;
  const move = (signature: Uint8Array): Uint8Array => {
    const place = new Uint8Array(bytes, at, Math.min(signature.length, LENGTH_MAX));
    place.set(signature.subarray(0, LENGTH_MAX));
    at += place.length;
    return place;
  };
  return { calls: calls.map((call) => withSignatures(call, move)), bytes };
};
