/**
 * Shamir sharing of a validator key, and its reverse for emergencies.
 *
 * Share of operator x = f(x) mod r, f(0) = the key. Offline work: BigInt is not constant time, and it leaves copies of
 * secrets in memory until they are collected. Chance is the caller's: it hands in the bytes of the coefficients.
 */
import { SecretKey } from '@chainsafe/blst';
import { equalBytes } from '../bytes.ts';
import { lagrangeAtZero } from './lagrange.ts';
import { bytesOfScalar, invert, mod, ORDER, scalarOfBytes } from './scalar.ts';

export interface KeyShare {
  /** The operator's id, the x of the share. */
  readonly operator: number;
  /** 32 bytes, big-endian. */
  readonly secret: Uint8Array;
  /** 48 bytes. */
  readonly publicKey: Uint8Array;
}

/** So many random bytes for each coefficient: reduced mod r, their bias is below 2^-128. */
export const COEFFICIENT_BYTES = 48;

const scalarOfSecret = (secret: Uint8Array): bigint => {
  const scalar = scalarOfBytes(secret);
  if (secret.length !== 32 || scalar === 0n || scalar >= ORDER) {
    throw new RangeError('a BLS secret key is 32 bytes, above zero and below the order of the group');
  }
  return scalar;
};

const scalarOfRandom = (bytes: Uint8Array): bigint => {
  if (bytes.length < COEFFICIENT_BYTES) {
    throw new RangeError(`a coefficient takes ${COEFFICIENT_BYTES} random bytes, not ${bytes.length}`);
  }
  const scalar = mod(scalarOfBytes(bytes));
  if (scalar === 0n) throw new RangeError('a coefficient is zero: the bytes are not random');
  return scalar;
};

/**
 * Shares of `secret` (32 bytes) for the operators `ids`, any `threshold` of which recover it.
 * `coefficients`: threshold - 1 times COEFFICIENT_BYTES fresh random bytes, used once. Throws RangeError.
 */
export const splitKey = (
  secret: Uint8Array,
  threshold: number,
  ids: readonly number[],
  coefficients: readonly Uint8Array[],
): readonly KeyShare[] => {
  if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > ids.length) {
    throw new RangeError(`a threshold of ${threshold} does not fit ${ids.length} operators`);
  }
  if (coefficients.length !== threshold - 1) {
    throw new RangeError(
      `a threshold of ${threshold} takes ${threshold - 1} coefficients, not ${coefficients.length}`,
    );
  }
  // Called for its checks of the ids.
  lagrangeAtZero(ids);
  const polynomial = [scalarOfSecret(secret), ...coefficients.map(scalarOfRandom)];
  return ids.map((operator) => {
    const value = polynomial.reduceRight((sum, coefficient) => mod(sum * BigInt(operator) + coefficient), 0n);
    if (value === 0n) throw new RangeError('a share is zero: draw other coefficients');
    const share = bytesOfScalar(value);
    return { operator, secret: share, publicKey: SecretKey.fromBytes(share).toPublicKey().toBytes() };
  });
};

/**
 * The secret key (32 bytes) of which these are shares; null unless its public key is `validatorKey` (48 bytes), as happens
 * with fewer shares than the threshold, or shares of different keys. Throws RangeError for repeated or impossible operators.
 */
export const combineShares = (
  shares: readonly Pick<KeyShare, 'operator' | 'secret'>[],
  validatorKey: Uint8Array,
): Uint8Array | null => {
  const { denominator, numerators } = lagrangeAtZero(shares.map(({ operator }) => operator));
  const sum = shares.reduce(
    (total, { secret }, at) => total + (numerators[at] as bigint) * scalarOfSecret(secret),
    0n,
  );
  const key = mod(mod(sum) * invert(denominator));
  if (key === 0n) return null;
  const secret = bytesOfScalar(key);
  return equalBytes(SecretKey.fromBytes(secret).toPublicKey().toBytes(), validatorKey) ? secret : null;
};
