/**
 * A partial signature as it came, to the point that it is, or its negative.
 *
 * Zcash serialisation of BLS12-381: 96 bytes compressed, of which the three top bits say compressed, infinity, and which of the two
 * y. Whether the point is in the subgroup is not checked here: that costs more than all the rest, and the check of the
 * recovered signature covers it.
 */
import { Signature } from '@chainsafe/blst';
import { fromHex } from '../bytes.ts';
import { Y_BYTES } from './known-y.ts';

const COMPRESSED = 0x80;
const INFINITY = 0x40;
const LARGER_Y = 0x20;
const FLAGS = COMPRESSED | INFINITY | LARGER_Y;

/** A partial and what is said of it. */
export interface PointForm {
  /** 96 bytes, unverified. */
  readonly signature: Uint8Array;
  /** 96 bytes that are said to be its y-coordinate, where any are. */
  readonly y?: Uint8Array | null;
}

/** Null for bytes that are no point of the curve, or the point at infinity. A y that is not the signature's is left aside. */
export const parsePartial = ({ signature, y }: PointForm, isNegated = false): Signature | null => {
  // The curve equation is the parser's to check.
  if (signature.length !== 96 || ((signature[0] as number) & (COMPRESSED | INFINITY)) !== COMPRESSED)
    return null;
  const told = y == null ? null : withY(signature, y, isNegated);
  if (told !== null) return told;
  const bytes = Uint8Array.from(signature);
  if (isNegated) bytes[0] = (bytes[0] as number) ^ LARGER_Y;
  return parse(bytes);
};

const parse = (bytes: Uint8Array): Signature | null => {
  try {
    return Signature.fromBytes(bytes);
  } catch {
    // The binding throws for whatever is not on the curve; that is an answer here.
    return null;
  }
};

/**
 * The point of x and this y. There are two y on the curve for an x, and the flag names one of them: who passes both checks is that one.
 */
const withY = (signature: Uint8Array, y: Uint8Array, isNegated: boolean): Signature | null => {
  const flag = ((signature[0] as number) & LARGER_Y) !== 0;
  if (y.length !== Y_BYTES || isLarger(y) !== flag) return null;
  const bytes = new Uint8Array(96 + Y_BYTES);
  bytes.set(signature);
  bytes[0] = (bytes[0] as number) & ~FLAGS;
  bytes.set(y, 96);
  if (isNegated) for (const at of [96, 144]) subtractFromPrime(bytes.subarray(at, at + 48));
  return parse(bytes);
};

const PRIME = fromHex(
  '0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab',
);
/** (p - 1) / 2: whatever is more is the larger of y and p - y. */
const HALF = fromHex(
  '0x0d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555',
);

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** c1 counts first, c0 only where that is zero. */
const isLarger = (y: Uint8Array): boolean => {
  const c1 = y.subarray(0, 48);
  return exceedsHalf(isZero(c1) ? y.subarray(48) : c1);
};

const exceedsHalf = (value: Uint8Array): boolean => {
  for (let at = 0; at < 48; at++) {
    const difference = (value[at] as number) - (HALF[at] as number);
    if (difference !== 0) return difference > 0;
  }
  return false;
};

/** y becomes p - y, in place; 0 stays 0. What is not below p becomes something that is not either, which the parser refuses. */
const subtractFromPrime = (y: Uint8Array): void => {
  if (isZero(y)) return;
  let borrow = 0;
  for (let at = 47; at >= 0; at--) {
    const difference = (PRIME[at] as number) - (y[at] as number) - borrow;
    y[at] = difference & 0xff;
    borrow = difference < 0 ? 1 : 0;
  }
};
