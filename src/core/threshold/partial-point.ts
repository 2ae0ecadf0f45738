/**
 * A partial signature as it came, to the point that it is, or its negative.
 *
 * Zcash serialisation of BLS12-381: 96 bytes compressed or 192 bytes uncompressed; the three top bits of the first byte say
 * compressed, infinity, and which of the two y. Whether the point is in the subgroup is not checked here: that costs more
 * than all the rest, and the check of the recovered signature covers it.
 */
import { Signature } from '@chainsafe/blst';

const COMPRESSED = 0x80;
const INFINITY = 0x40;
const LARGER_Y = 0x20;

/** True for bytes that look like a point other than infinity; the curve equation is checked by the parser. */
const isWellFormed = (bytes: Uint8Array): boolean => {
  const flags = (bytes[0] ?? 0) & 0xe0;
  if (bytes.length === 96) return (flags & COMPRESSED) !== 0 && (flags & INFINITY) === 0;
  return bytes.length === 192 && flags === 0;
};

/** Null for bytes that are no point of the curve, or the point at infinity. */
export const parsePartial = (bytes: Uint8Array): Signature | null => {
  if (!isWellFormed(bytes)) return null;
  try {
    return Signature.fromBytes(bytes);
  } catch {
    // The binding throws for whatever is not on the curve; that is an answer here.
    return null;
  }
};

/** The negative of the same point, at the price of parsing it. */
export const parseNegated = (bytes: Uint8Array): Signature | null => {
  if (!isWellFormed(bytes)) return null;
  const negated = Uint8Array.from(bytes);
  if (bytes.length === 96) {
    negated[0] = (negated[0] as number) ^ LARGER_Y;
    return parsePartial(negated);
  }
  // Uncompressed coordinates: y.c1 at 96, y.c0 at 144. Checked to be on the curve before, so that p - y cannot be odd bytes.
  if (parsePartial(bytes) === null) return null;
  subtractFromPrime(negated.subarray(96, 144));
  subtractFromPrime(negated.subarray(144, 192));
  return parsePartial(negated);
};

const PRIME = Uint8Array.from(
  (
    '1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624' + '1eabfffeb153ffffb9feffffffffaaab'
  ).match(/../g) ?? [],
  (digits) => Number.parseInt(digits, 16),
);

/** y becomes p - y, in place; 0 stays 0. */
const subtractFromPrime = (y: Uint8Array): void => {
  if (y.every((byte) => byte === 0)) return;
  let borrow = 0;
  for (let at = 47; at >= 0; at--) {
    const difference = (PRIME[at] as number) - (y[at] as number) - borrow;
    y[at] = difference & 0xff;
    borrow = difference < 0 ? 1 : 0;
  }
};
