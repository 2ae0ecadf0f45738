/**
 * How often operators may ask: a bucket of requests for each, refilled with time, and one for all of them together.
 */
import type { OperatorId } from '../../core/ids.ts';

interface Bucket {
  tokens: number;
  atMs: number;
}

export interface Rate {
  /** Requests in a row. */
  readonly burst: number;
  readonly perSecond: number;
}

/** A page costs the answering node some milliseconds: all operators together get a few percent of its time. */
export const rateOfOne: Rate = { burst: 40, perSecond: 8 };
export const rateOfAll: Rate = { burst: 80, perSecond: 16 };

export interface Allowance {
  /** False where the operator has to wait. */
  take(operator: OperatorId): boolean;
}

export const createAllowance = (now: () => number, one = rateOfOne, all = rateOfAll): Allowance => {
  const buckets = new Map<OperatorId, Bucket>();
  const shared: Bucket = { tokens: all.burst, atMs: now() };
  const refill = (bucket: Bucket, rate: Rate): void => {
    const nowMs = now();
    bucket.tokens = Math.min(rate.burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * rate.perSecond);
    bucket.atMs = nowMs;
  };
  return {
    take: (operator) => {
      // Operators are proven, so that there are no more buckets than fellow operators.
      const own = buckets.get(operator) ?? { tokens: one.burst, atMs: now() };
      buckets.set(operator, own);
      refill(own, one);
      refill(shared, all);
      if (own.tokens < 1 || shared.tokens < 1) return false;
      own.tokens -= 1;
      shared.tokens -= 1;
      return true;
    },
  };
};
