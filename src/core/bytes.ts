/**
 * Strict hex and small byte arithmetic.
 *
 * Node's own hex parser truncates silently at the first bad digit; here a bad digit is an error.
 */
const digits = /^0x(?:[0-9a-fA-F]{2})*$/;

/** True for 0x-hex of exactly `length` bytes. */
export const isHexOf = (value: unknown, length: number): value is string =>
  typeof value === 'string' && value.length === 2 + 2 * length && digits.test(value);

const ascii = new TextDecoder();
const codeOf = (text: string, at = 0): number => text.charCodeAt(at);
const digitCodes = Uint8Array.from({ length: 16 }, (_, digit) => codeOf(digit.toString(16)));
/** What is written by most calls: keys, roots and signatures are shorter. Of a call's result nothing stays in it. */
const scratch = new Uint8Array(2 + 2 * 192);

/** Lower-case hex with 0x. */
export const toHex = (bytes: Uint8Array): string => {
  // Text grown piece by piece would leave a piece of garbage for each byte, which adds up in a burst.
  const size = 2 + 2 * bytes.length;
  const codes = size <= scratch.length ? scratch : new Uint8Array(size);
  codes[0] = codeOf('0');
  codes[1] = codeOf('x');
  let at = 2;
  for (const byte of bytes) {
    codes[at++] = digitCodes[byte >> 4] as number;
    codes[at++] = digitCodes[byte & 15] as number;
  }
  return ascii.decode(codes.subarray(0, size));
};

/** Of a character code that is known to be a hex digit. */
const digitOf = (code: number): number => (code <= 57 ? code - 48 : (code & 0xdf) - 55);

/** Bytes of 0x-hex. Throws RangeError where the text is not strict hex, or not of `length` bytes if one is given. */
export const fromHex = (text: string, length?: number): Uint8Array => {
  if (!digits.test(text)) throw new RangeError('not 0x-prefixed hex of whole bytes');
  const bytes = new Uint8Array((text.length - 2) / 2);
  if (length !== undefined && bytes.length !== length) {
    throw new RangeError(`expected ${length} bytes of hex, got ${bytes.length}`);
  }
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = (digitOf(text.charCodeAt(2 + 2 * at)) << 4) | digitOf(text.charCodeAt(3 + 2 * at));
  }
  return bytes;
};

/** Not constant-time: for public values only. */
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  // A loop: with every() this took a third of a consensus instance.
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
};

export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** uint64 little-endian of a safe integer. Throws RangeError outside 0 to 2^53 - 1. */
export const uint64le = (value: number): Uint8Array => {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a uint64: ${value}`);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
};
