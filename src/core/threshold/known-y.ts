/**
 * The y-coordinates of signatures, where somebody who had the point told them.
 *
 * A signature travels as 96 bytes: x, and which of two y. Finding the y again is the dearest part of combining a quorum, and checking
 * one that was told costs a twentieth of it. Whoever makes a signature has its point at hand, so it tells the y beside it. This remembers it
 * beside the bytes and for as long as they live. It is a claim: partial-point.ts takes none that is not the y of the signature, so
 * it changes what a combination costs, never its result.
 */

/** Bytes of a y-coordinate: c1, then c0, each 48 bytes big-endian, as in the uncompressed form. */
export const Y_BYTES = 96;

const ys = new WeakMap<Uint8Array, Uint8Array>();

/** `y` (96 bytes) is said to be the y-coordinate of `signature` (96 bytes): of this very array, not of equal bytes. */
export const noteY = (signature: Uint8Array, y: Uint8Array): void => {
  ys.set(signature, y);
};

/** Null where nobody told it of this very array. */
export const yOf = (signature: Uint8Array): Uint8Array | null => ys.get(signature) ?? null;
