/**
 * Reads what keymanager requests carry. Problems never repeat a body, as it holds keystores and passwords.
 */
import { isHexOf } from '../../core/bytes.ts';
import { parseShareKey, parseValidatorKey, type ShareKey, type ValidatorKey } from '../../core/ids.ts';
import type { Problem } from '../problem.ts';

/** A request of a person or a script; 10,000 keys come in several. */
export const itemsMax = 1000;

export type Body = Readonly<Record<string, unknown>>;

export const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'status' in value && 'reason' in value;

export const malformed = (message: string): Problem => ({ status: 400, reason: 'malformed', message });

export const readBody = (text: unknown): Body | Problem => {
  let value: unknown;
  try {
    value = JSON.parse(typeof text === 'string' ? text : '');
  } catch {
    // The parser's own message would repeat parts of the body.
    return malformed('the body is not JSON');
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Body)
    : malformed('the body is not a JSON object');
};

/** At most `itemsMax` texts. */
export const readTexts = (body: Body, name: string): readonly string[] | Problem => {
  const value = body[name];
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    return malformed(`${name} must be a list of texts`);
  return value.length > itemsMax ? malformed(`${name} has more than ${itemsMax} entries`) : value;
};

const withPrefix = (text: string): string => {
  const lower = text.toLowerCase();
  return lower.startsWith('0x') ? lower : `0x${lower}`;
};

export const readShareKeys = (body: Body): readonly ShareKey[] | Problem => {
  const texts = readTexts(body, 'pubkeys');
  if (isProblem(texts)) return texts;
  const keys = texts.map((text) => parseShareKey(withPrefix(text)));
  const wrong = keys.indexOf(null);
  return wrong >= 0
    ? malformed(`pubkeys[${wrong}] is not a public key of 48 bytes`)
    : keys.filter((key) => key !== null);
};

export const readValidatorKey = (text: string): ValidatorKey | Problem =>
  parseValidatorKey(withPrefix(text)) ?? malformed('the path holds no public key of 48 bytes');

/** Lower case. The zero address would burn the rewards. */
export const readAddress = (body: Body): string | Problem => {
  const value = body.ethaddress;
  if (typeof value !== 'string' || !isHexOf(value.toLowerCase(), 20))
    return malformed('ethaddress must be an address of 20 bytes as 0x-hex');
  return /^0x0{40}$/.test(value)
    ? malformed('ethaddress must not be the zero address: rewards would be lost')
    : value.toLowerCase();
};

/** A decimal text, or a JSON number that is exact. */
export const readGasLimit = (body: Body): bigint | Problem => {
  const value = body.gas_limit;
  const text = Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === 'string' && /^[1-9]\d{0,18}$/.test(text)
    ? BigInt(text)
    : malformed('gas_limit must be a whole number of gas, at least 1');
};
