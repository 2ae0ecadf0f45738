/**
 * Multiples of a point by powers of |z| for almost nothing (Galbraith, Lin, Scott 2009).
 *
 * On the G2 subgroup of BLS12-381 the endomorphism psi(x, y) = (a * conj(x), b * conj(y)) is multiplication by z =
 * -0xd201000000010000, so -psi is multiplication by |z|. A scalar below r < |z|^4 splits into four digits of 64 bits, and a
 * product needs 64 doublings for all four together. For points outside the subgroup the images are other points; whoever
 * recovers a signature checks it anyway.
 *
 * Points are coordinates here, the binding's uncompressed form: 0x, then x.c1, x.c0, y.c1, y.c0 of 48 bytes each.
 */
import { Signature } from '@chainsafe/blst';
import { mod, ORDER } from './scalar.ts';

/** The absolute value of the curve parameter z; z itself is negative. */
const Z = 0xd201000000010000n;
const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;

/** c0 + c1 u with u^2 = -1. */
type Fp2 = readonly [c0: bigint, c1: bigint];
type Point = readonly [x: Fp2, y: Fp2];

const times = ([a0, a1]: Fp2, [b0, b1]: Fp2): Fp2 => [mod(a0 * b0 - a1 * b1, P), mod(a0 * b1 + a1 * b0, P)];
const conjugate = ([c0, c1]: Fp2): Fp2 => [c0, mod(-c1, P)];
const minus = ([c0, c1]: Fp2): Fp2 => [mod(-c0, P), mod(-c1, P)];

const power = (base: Fp2, exponent: bigint): Fp2 => {
  let result: Fp2 = [1n, 0n];
  for (const bit of exponent.toString(2)) {
    result = times(result, result);
    if (bit === '1') result = times(result, base);
  }
  return result;
};

// 1 / (1 + u)^((p - 1) / 3) and 1 / (1 + u)^((p - 1) / 2); an inverse in Fp2 is the power p^2 - 2.
const A = power(power([1n, 1n], (P - 1n) / 3n), P * P - 2n);
const B = power(power([1n, 1n], (P - 1n) / 2n), P * P - 2n);

const psi = ([x, y]: Point): Point => [times(conjugate(x), A), times(conjugate(y), B)];
const negative = ([x, y]: Point): Point => [x, minus(y)];

const digitsOf = (value: bigint): string => value.toString(16).padStart(96, '0');
const signatureOf = ([x, y]: Point): Signature =>
  Signature.fromHex(`0x${digitsOf(x[1])}${digitsOf(x[0])}${digitsOf(y[1])}${digitsOf(y[0])}`);

const pointOf = (signature: Signature): Point => {
  const hex = signature.toHex(false);
  const at = (index: number): bigint => BigInt(`0x${hex.slice(2 + 96 * index, 98 + 96 * index)}`);
  return [
    [at(1), at(0)],
    [at(3), at(2)],
  ];
};

/** A point and its negative, each times 1, |z|, |z|^2, |z|^3. */
export interface Images {
  readonly plus: readonly Signature[];
  readonly minus: readonly Signature[];
}

/** About 30 microseconds. The point must not be the one at infinity, which has no coordinates. */
export const imagesOf = (signature: Signature): Images => {
  const points = [pointOf(signature)];
  for (let at = 0; at < 3; at++) points.push(negative(psi(points[at] as Point)));
  return { plus: points.map(signatureOf), minus: points.map(negative).map(signatureOf) };
};

/** The four digits in base |z| of a scalar mod r, lowest first: scalar * P = sum of digit_k * (|z|^k P). */
export const imageDigits = (scalar: bigint): readonly bigint[] => {
  let rest = mod(scalar, ORDER);
  return Array.from({ length: 4 }, () => {
    const digit = rest % Z;
    rest /= Z;
    return digit;
  });
};
