/**
 * How to compute a sum of small multiples of points when all one can do is add points up.
 *
 * blst's binding for Node adds lists of signatures and nothing else, so a step is one such call: the sum so far, repeated
 * 2^w times, and each point as often as its digit says. Costs are in microseconds of one core as measured; only their
 * ratios matter, to choose between plans.
 */
import { mod } from './scalar.ts';

/** acc = acc * 2^shift + sum of digits[i] * points[i]; a negative digit takes the negative of the point. */
export interface Step {
  readonly shift: number;
  readonly digits: readonly number[];
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly cost: number;
}

const COST_CALL = 3.5;
const COST_POINT = 1.62;
const WINDOW_MAX = 6;

const costOf = ({ shift, digits }: Step, isFirst: boolean): number =>
  COST_CALL +
  COST_POINT * ((isFirst ? 0 : 2 ** shift) + digits.reduce((sum, digit) => sum + Math.abs(digit), 0));

const bitsOf = (scalars: readonly bigint[]): number =>
  scalars.reduce((most, scalar) => Math.max(most, scalar.toString(2).length), 1);

/** The cheapest split of non-negative scalars into windows of bits, by dynamic programming from the top bit down. */
export const planUnsigned = (scalars: readonly bigint[]): Plan => {
  const bits = bitsOf(scalars);
  const best: (Plan | undefined)[] = [];
  best[bits] = { steps: [], cost: 0 };
  for (let low = bits - 1; low >= 0; low--) {
    for (let width = 1; width <= Math.min(WINDOW_MAX, bits - low); width++) {
      const before = best[low + width];
      if (before === undefined) continue;
      const digits = scalars.map((scalar) => Number((scalar >> BigInt(low)) & ((1n << BigInt(width)) - 1n)));
      const step = { shift: width, digits };
      const cost = before.cost + costOf(step, before.steps.length === 0);
      const known = best[low];
      if (known === undefined || cost < known.cost) best[low] = { steps: [...before.steps, step], cost };
    }
  }
  return best[0] as Plan;
};

/** Digits -1, 0, 1, 2 in base 4: the cheapest form for long scalars where negatives are at hand. */
export const planSigned = (scalars: readonly bigint[]): Plan => {
  const columns = scalars.map(signedDigits);
  const length = columns.reduce((most, column) => Math.max(most, column.length), 1);
  const steps = Array.from({ length }, (_, at) => ({
    shift: 2,
    digits: columns.map((column) => column[length - 1 - at] ?? 0),
  }));
  return { steps, cost: steps.reduce((sum, step, at) => sum + costOf(step, at === 0), 0) };
};

/** Lowest digit first. */
const signedDigits = (scalar: bigint): number[] => {
  const digits: number[] = [];
  for (let rest = scalar; rest !== 0n; ) {
    const low = Number(mod(rest, 4n));
    const digit = low === 3 ? -1 : low;
    digits.push(digit);
    rest = (rest - BigInt(digit)) / 4n;
  }
  return digits;
};
