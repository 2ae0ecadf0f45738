/**
 * Threshold recovery on nothing but additions of points.
 *
 * With D and c_i from lagrange.ts the signature is (1/D) * sum of c_i P_i. Negative c_i take the negative of the point. Where D
 * is not 1, the sum is multiplied by 1/D mod r over its four images (images.ts). For large, scattered ids the c_i are long,
 * and it is cheaper to multiply each partial by its lambda_i mod r over its images. A plan is made once for a set of ids.
 *
 * Left to others: whether the result is a signature by anyone. Bad partials make a bad signature here, not an error.
 */
import { aggregateSignatures, type Signature } from '@chainsafe/blst';
import { remember } from '../remember.ts';
import { type Images, imageDigits, imagesOf } from './images.ts';
import { lagrangeAtZero } from './lagrange.ts';
import { type PointForm, parsePartial } from './partial-point.ts';
import { invert, mod } from './scalar.ts';
import { type Plan, planSigned, planUnsigned } from './windows.ts';

export interface PartialSignature extends PointForm {
  readonly operator: number;
}

interface RecoveryPlan {
  /** 'sum': add multiples, then divide by D unless it is 1. 'images': multiply each partial by its own coefficient. */
  readonly way: 'sum' | 'images';
  readonly negated: readonly boolean[];
  readonly plan: Plan;
  readonly division: Plan | null;
  readonly isWhole: boolean;
  readonly cost: number;
}

/** Coefficients longer than this are never cheaper than the images, whose scalars have 64 bits. */
const SUM_BITS_MAX = 256;
const COST_IMAGES = 30;

const makePlan = (ids: readonly number[]): RecoveryPlan => {
  const { denominator, numerators } = lagrangeAtZero(ids);
  const isWhole = denominator === 1n;
  const inverse = invert(denominator);
  const images = planSigned(numerators.flatMap((numerator) => imageDigits(mod(numerator) * inverse)));
  const viaImages: RecoveryPlan = {
    way: 'images',
    negated: ids.map(() => false),
    plan: images,
    division: null,
    isWhole,
    cost: images.cost + COST_IMAGES * ids.length,
  };
  const sizes = numerators.map((numerator) => (numerator < 0n ? -numerator : numerator));
  if (sizes.some((size) => size >> BigInt(SUM_BITS_MAX) !== 0n)) return viaImages;
  const plan = planUnsigned(sizes);
  const division = isWhole ? null : planSigned(imageDigits(inverse));
  const cost = plan.cost + (division === null ? 0 : division.cost + COST_IMAGES);
  if (cost >= viaImages.cost) return viaImages;
  return {
    way: 'sum',
    negated: numerators.map((numerator) => numerator < 0n),
    plan,
    division,
    isWhole,
    cost,
  };
};

// 2048 sets: all subsets of a committee of 13, several times over.
const planOf = remember(2048, (key) => makePlan(key.split(',').map(Number)));

const run = ({ steps }: Plan, plus: readonly Signature[], minus: readonly Signature[]): Signature => {
  let sum: Signature | null = null;
  for (const { shift, digits } of steps) {
    const list: Signature[] = sum === null ? [] : new Array<Signature>(2 ** shift).fill(sum);
    digits.forEach((digit, at) => {
      const point = (digit < 0 ? minus[at] : plus[at]) as Signature;
      for (let times = Math.abs(digit); times > 0; times--) list.push(point);
    });
    if (list.length > 0) sum = aggregateSignatures(list);
  }
  return sum as Signature;
};

const runOnImages = (plan: Plan, images: readonly Images[]): Signature =>
  run(
    plan,
    images.flatMap(({ plus }) => plus),
    images.flatMap(({ minus }) => minus),
  );

const isInfinity = (point: Signature): boolean => ((point.toBytes()[0] as number) & 0x40) !== 0;

export type Recovery =
  | { readonly type: 'recovered'; readonly signature: Signature }
  /** `operator` sent bytes that are no point of the curve. */
  | { readonly type: 'malformed'; readonly operator: number };

/** Uses all partials that it is given. Throws RangeError for repeated or impossible operator ids. */
export const recover = (partials: readonly PartialSignature[]): Recovery => {
  const { way, negated, plan, division } = planOf(partials.map(({ operator }) => operator).join());
  const points: Signature[] = [];
  for (const [at, partial] of partials.entries()) {
    const point = parsePartial(partial, negated[at]);
    if (point === null) return { type: 'malformed', operator: partial.operator };
    points.push(point);
  }
  if (way === 'images') return { type: 'recovered', signature: runOnImages(plan, points.map(imagesOf)) };
  const sum = run(plan, points, []);
  // A sum at infinity has no images; it is not a signature of anyone, divided or not.
  if (division === null || isInfinity(sum)) return { type: 'recovered', signature: sum };
  return { type: 'recovered', signature: runOnImages(division, [imagesOf(sum)]) };
};

/**
 * The signature (96 bytes) of which these are partials, each at x = operator id; unverified.
 * Throws RangeError for partials that are no points of the curve and for repeated or impossible operator ids.
 */
export const recoverSignature = (partials: readonly PartialSignature[]): Uint8Array => {
  const recovery = recover(partials);
  if (recovery.type === 'malformed') {
    throw new RangeError(
      `the partial signature of operator ${recovery.operator} is not a point of the curve`,
    );
  }
  return recovery.signature.toBytes();
};

const chooseOf = remember(1024, (key) => {
  const [threshold = 0, ...ids] = key.split(',').map(Number);
  let best: { readonly ids: readonly number[]; readonly cost: number } | null = null;
  for (const subset of subsetsOf(ids, threshold)) {
    if (lagrangeAtZero(subset).denominator !== 1n) continue;
    const { cost } = planOf(subset.join());
    if (best === null || cost < best.cost) best = { ids: subset, cost };
  }
  return best === null ? ids.slice(0, threshold) : best.ids;
});

/** The largest committee. Of more operators the subsets would be too many to look at. */
const COMMITTEE_MAX = 13;

/** Which `threshold` of these operators to recover from: the cheapest set with denominator 1, or else the first ones. */
export const chooseOperators = (ids: readonly number[], threshold: number): readonly number[] => {
  if (ids.length <= threshold || ids.length > COMMITTEE_MAX) return ids.slice(0, threshold);
  return chooseOf([threshold, ...ids].join());
};

/** All subsets of `size`, in the order of the ids: 715 for 9 of 13. */
export function* subsetsOf(ids: readonly number[], size: number): Generator<readonly number[]> {
  if (size === 0) yield [];
  if (size === 0 || ids.length < size) return;
  const [first, ...rest] = ids as [number, ...number[]];
  for (const subset of subsetsOf(rest, size - 1)) yield [first, ...subset];
  yield* subsetsOf(rest, size);
}
