/**
 * The uncompressed form of signatures that this process made itself.
 *
 * A signature travels as 96 bytes, and finding the point again that they stand for is the dearest part of combining a quorum. Who
 * makes a signature has its point at hand. This remembers it beside the bytes and for as long as they live: it changes what a
 * combination costs, never its result, which is verified in any case.
 */

const points = new WeakMap<Uint8Array, Uint8Array>();

/** `signature` (96 bytes) is `point` (192 bytes). */
export const knowPoint = (signature: Uint8Array, point: Uint8Array): void => {
  points.set(signature, point);
};

/** What is easiest to parse: the 192 bytes where they are known of this very array, else what was given. */
export const easiestForm = (signature: Uint8Array): Uint8Array => points.get(signature) ?? signature;
