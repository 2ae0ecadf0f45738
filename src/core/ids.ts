/**
 * Branded values: a number or a string that a parser has let through.
 *
 * Hex values (roots, keys) are lower-case strings with 0x, so that they compare with === and serve as map keys.
 */
import { isHexOf } from './bytes.ts';

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

export type Slot = Brand<number, 'Slot'>;
export type Epoch = Brand<number, 'Epoch'>;
/** An operator's number, 1 to 2^32 - 1; also the Shamir x-coordinate of its shares. */
export type OperatorId = Brand<number, 'OperatorId'>;
/** 32 bytes as 0x-hex: an object root, a signing root, a block root, a domain. */
export type Root = Brand<string, 'Root'>;
/** The public key that the chain knows, 48 bytes as 0x-hex. */
export type ValidatorKey = Brand<string, 'ValidatorKey'>;
/** The public key of one operator's share of a validator key, 48 bytes as 0x-hex. */
export type ShareKey = Brand<string, 'ShareKey'>;
/** sha256 of the sorted operator ids, each as uint32 little-endian (SSV spec); 32 bytes as 0x-hex. */
export type CommitteeId = Brand<string, 'CommitteeId'>;

const isUint = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Each parser returns null for anything that is not exactly such a value; hex may come in upper case, with 0x. */
export const parseSlot = (value: unknown): Slot | null => (isUint(value) ? (value as Slot) : null);
export const parseOperatorId = (value: unknown): OperatorId | null =>
  isUint(value) && value >= 1 && value <= 0xffffffff ? (value as OperatorId) : null;
export const parseRoot = (value: unknown): Root | null =>
  isHexOf(value, 32) ? (value.toLowerCase() as Root) : null;
export const parseValidatorKey = (value: unknown): ValidatorKey | null =>
  isHexOf(value, 48) ? (value.toLowerCase() as ValidatorKey) : null;
export const parseShareKey = (value: unknown): ShareKey | null =>
  isHexOf(value, 48) ? (value.toLowerCase() as ShareKey) : null;
