/**
 * 0x-hex to the bytes that a column holds. Node's own parser, for a burst is a thousand items, behind our strict check.
 */
import { isHexOf } from '../core/bytes.ts';

/** Throws RangeError where the text is not 0x-hex of exactly `length` bytes. */
export const blobOf = (text: string, length: number): Uint8Array => {
  if (!isHexOf(text, length)) throw new RangeError(`not 0x-hex of ${length} bytes`);
  return Buffer.from(text.slice(2), 'hex');
};
