/**
 * One careful way from a stranger's bytes to a value: size first, then SSZ, and every failure a WireError.
 */
import type { ErrorName, WireError } from './errors.ts';
import { wireError } from './errors.ts';

interface Ssz<T> {
  readonly minSize: number;
  readonly maxSize: number;
  deserialize(bytes: Uint8Array): T;
}

/** Byte fields of the result are copies: the value does not keep the input's buffer alive, nor change with it. */
export const decodeSsz = <T>(ssz: Ssz<T>, bytes: Uint8Array, what: string): T | WireError => {
  if (bytes.length > ssz.maxSize)
    return wireError('unmarshal', `${what} has ${bytes.length} bytes, at most ${ssz.maxSize}`);
  if (bytes.length < ssz.minSize)
    return wireError('unmarshal', `${what} has ${bytes.length} bytes, at least ${ssz.minSize}`);
  try {
    // A Node Buffer's copies would be Buffers too, whose slice() shares memory where a Uint8Array's does not.
    return ssz.deserialize(
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
    );
  } catch (fault) {
    // The library throws plain errors of many kinds for malformed offsets and lengths: to us all are one outcome.
    return wireError('unmarshal', `${what}: ${fault instanceof Error ? fault.message : 'malformed'}`);
  }
};

/**
 * uint64 fields are numbers in our values. The wire could carry more than 2^53 - 1, where a number would silently be another
 * number; no honest slot, round, index or operator id comes near, so such a message is malformed.
 */
export const areExact = (...values: readonly number[]): boolean => values.every(Number.isSafeInteger);

export const inexact = (what: string, name: ErrorName = 'unmarshal'): WireError =>
  wireError(name, `${what} has an integer above 2^53 - 1`);
