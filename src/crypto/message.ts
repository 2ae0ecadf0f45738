/**
 * Combine jobs and partials as they cross to the crypto worker and back.
 *
 * All signatures of a message travel in one buffer that is handed over, not copied a second time: callers keep their own
 * partials, which often are views of larger buffers.
 */
import type { CombineJob, CombineResult, JobPartial, PartialCheck } from '../core/threshold/job.ts';
import type { PointForm } from '../core/threshold/partial-point.ts';

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

const itemsOf = (call: Call): readonly PointForm[] =>
  call.type === 'combine' ? call.jobs.flatMap(({ partials }) => partials) : call.checks;

/** The same calls, their bytes moved by `move`. */
const withBytes = (call: Call, move: (bytes: Uint8Array) => Uint8Array): Call => {
  switch (call.type) {
    case 'combine': {
      const moved = (partial: JobPartial): JobPartial => ({
        ...partial,
        signature: move(partial.signature),
        y: partial.y == null ? null : move(partial.y),
      });
      return { ...call, jobs: call.jobs.map((job) => ({ ...job, partials: job.partials.map(moved) })) };
    }
    case 'verify':
      return {
        ...call,
        checks: call.checks.map((check) => ({ ...check, signature: move(check.signature) })),
      };
  }
};

/** Signatures and coordinates have 96 bytes; of anything longer, which is neither, so much is kept that it stays none. */
const LENGTH_MAX = 97;

export const pack = (calls: readonly Call[]): Request => {
  let size = 0;
  for (const call of calls)
    for (const { signature, y } of itemsOf(call))
      size += Math.min(signature.length, LENGTH_MAX) + Math.min(y?.length ?? 0, LENGTH_MAX);
  const bytes = new ArrayBuffer(size);
  let at = 0;
  const move = (from: Uint8Array): Uint8Array => {
    const place = new Uint8Array(bytes, at, Math.min(from.length, LENGTH_MAX));
    place.set(from.subarray(0, LENGTH_MAX));
    at += place.length;
    return place;
  };
  return { calls: calls.map((call) => withBytes(call, move)), bytes };
};
