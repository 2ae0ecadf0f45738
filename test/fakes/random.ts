/**
 * Chance from a seed (sfc32, public domain): the same seed gives the same run on every machine.
 */
export interface Random {
  /** 0 <= x < 1 */
  next(): number;
  /** An integer, 0 to below `limit`. */
  below(limit: number): number;
  /** An integer, `from` to `to` inclusive. */
  int(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
}

/** All 53 bits of the seed count. */
export const createRandom = (seed: number): Random => {
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9 | 0;
  let d = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  // Neighbouring seeds must not begin alike.
  for (let round = 0; round < 12; round++) next();

  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    int: (from, to) => from + below(to - from + 1),
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    shuffle: (items) => {
      const shuffled = [...items];
      for (let at = shuffled.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [shuffled[at], shuffled[other]] = [
          shuffled[other] as (typeof items)[0],
          shuffled[at] as (typeof items)[0],
        ];
      }
      return shuffled;
    },
  };
};
