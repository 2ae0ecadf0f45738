/**
 * A dealer for tests, on an independent library: shares, partials and the whole signature, all by @noble/curves.
 */
import { bls12_381 } from '@noble/curves/bls12-381.js';

const { Fr } = bls12_381.fields;
const long = bls12_381.longSignatures;

/** Ethereum's ciphersuite (consensus specs, BLS signatures), not the library's default one. */
const DST = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';
const hash = (root: Uint8Array) => long.hash(root, DST);

export const bytesOf = (scalar: bigint): Uint8Array => Fr.toBytes(scalar);

/** f(x) mod r for coefficients from the constant term up. */
export const evaluate = (coefficients: readonly bigint[], x: number): bigint =>
  coefficients.reduceRight((sum, coefficient) => Fr.add(Fr.mul(sum, BigInt(x)), coefficient), 0n);

/** Repeatable coefficients of a polynomial of `threshold` terms. */
export const polynomialOf = (seed: bigint, threshold: number): readonly bigint[] =>
  Array.from({ length: threshold }, (_, at) => Fr.create((seed + BigInt(at + 1)) ** 23n));

export const signWith = (secret: bigint, root: Uint8Array): Uint8Array =>
  long.sign(hash(root), bytesOf(secret)).toBytes(true);

export const publicKeyOf = (secret: bigint): Uint8Array => long.getPublicKey(bytesOf(secret)).toBytes(true);

export const verifies = (signature: Uint8Array, root: Uint8Array, publicKey: Uint8Array): boolean =>
  long.verify(signature, hash(root), publicKey);

/** The same signature, 192 bytes. */
export const uncompressed = (signature: Uint8Array): Uint8Array =>
  bls12_381.G2.Point.fromBytes(signature).toBytes(false);
