/**
 * How often peers may ask: a bucket of requests for each, refilled with time, and one for all of them together. Operators and
 * observers have allowances of their own, so that no number of observers takes from what operators need.
 */
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
/** Observers copy at leisure. */
export const rateOfGuest: Rate = { burst: 8, perSecond: 2 };
export const rateOfGuests: Rate = { burst: 16, perSecond: 4 };

/** Buckets kept: operators are proven and few; a peer id whose bucket was dropped still draws on the one for all. */
const bucketsMax = 256;

export interface Allowance<Who> {
  /** False where the peer has to wait. */
  take(who: Who): boolean;
}

export const createAllowance = <Who>(now: () => number, one = rateOfOne, all = rateOfAll): Allowance<Who> => {
  const buckets = new Map<Who, Bucket>();
  const shared: Bucket = { tokens: all.burst, atMs: now() };
  const refill = (bucket: Bucket, rate: Rate): void => {
    const nowMs = now();
    bucket.tokens = Math.min(rate.burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * rate.perSecond);
    bucket.atMs = nowMs;
  };
  const bucketOf = (who: Who): Bucket => {
    const known = buckets.get(who);
    if (known !== undefined) return known;
    const [oldest] = buckets.keys();
    if (buckets.size >= bucketsMax && oldest !== undefined) buckets.delete(oldest);
    const fresh: Bucket = { tokens: one.burst, atMs: now() };
    buckets.set(who, fresh);
    return fresh;
  };
  return {
    take: (who) => {
      const own = bucketOf(who);
      refill(own, one);
      refill(shared, all);
      if (own.tokens < 1 || shared.tokens < 1) return false;
      own.tokens -= 1;
      shared.tokens -= 1;
      return true;
    },
  };
};
