/**
 * The scalar field of BLS12-381 (Fr), in BigInt.
 *
 * Not constant time: BigInt arithmetic shows the size of its operands. It meets secrets only in the offline
 * splitting and combining of keys; everything online works on public indices.
 */

/** The order r of the groups (draft-irtf-cfrg-pairing-friendly-curves, 4.2.1). */
export const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** The residue of `value` in 0 to r - 1. */
export const mod = (value: bigint, modulus: bigint = ORDER): bigint => {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
};

/** The inverse mod r, by the extended Euclidean algorithm. Throws RangeError for a multiple of r. */
export const invert = (value: bigint): bigint => {
  let [a, b] = [mod(value), ORDER];
  let [x, y] = [1n, 0n];
  if (a === 0n) throw new RangeError('zero has no inverse');
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [x, y] = [y - quotient * x, x];
  }
  return mod(x);
};

export const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
};

/** Big-endian, any length. */
export const scalarOfBytes = (bytes: Uint8Array): bigint => {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
};

/** 32 bytes, big-endian: the form of a BLS secret key. */
export const bytesOfScalar = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(32);
  let rest = mod(value);
  for (let at = 31; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
};
