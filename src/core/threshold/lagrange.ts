/**
 * Lagrange coefficients at zero, as integers over one common denominator.
 *
 * Shamir: f(0) = sum of lambda_i f(x_i), lambda_i = product over j != i of x_j / (x_j - x_i). The x are small (operator
 * ids), so lambda_i are small rationals, and D * lambda_i small integers. That is what makes recovery cheap: a few
 * additions of points in place of a multiplication by a 255-bit scalar for each partial.
 */
import { remember } from '../remember.ts';
import { gcd } from './scalar.ts';

/** lambda_i = numerators[i] / denominator, in the order of the ids; the denominator is positive. */
export interface Lagrange {
  readonly denominator: bigint;
  readonly numerators: readonly bigint[];
}

/** Throws RangeError unless the ids are distinct integers of 1 to 2^32 - 1. */
export const lagrangeAtZero = (ids: readonly number[]): Lagrange => {
  if (ids.length === 0) throw new RangeError('no share indices');
  if (new Set(ids).size !== ids.length) throw new RangeError('share indices repeat');
  if (ids.some((id) => !Number.isSafeInteger(id) || id < 1 || id > 0xffffffff)) {
    throw new RangeError('a share index is 1 to 2^32 - 1');
  }
  const xs = ids.map(BigInt);
  const fractions = xs.map((own) => fractionOf(own, xs));
  const denominator = fractions.reduce((lcm, { below }) => (lcm / gcd(lcm, below)) * below, 1n);
  return { denominator, numerators: fractions.map(({ above, below }) => above * (denominator / below)) };
};

const isWholeOf = remember(1024, (key) => lagrangeAtZero(key.split(',').map(Number)).denominator === 1n);

/** Whether recovering from exactly these operators takes no division, which costs several times the rest. */
export const isWhole = (ids: readonly number[]): boolean => isWholeOf(ids.toSorted((a, b) => a - b).join());

const fractionOf = (own: bigint, xs: readonly bigint[]): { above: bigint; below: bigint } => {
  let [above, below] = [1n, 1n];
  for (const x of xs) {
    if (x === own) continue;
    above *= x;
    below *= x - own;
  }
  const common = below < 0n ? -gcd(above, below) : gcd(above, below);
  return { above: above / common, below: below / common };
};
