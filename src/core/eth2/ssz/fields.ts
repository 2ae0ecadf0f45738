/**
 * Required fields of JSON objects in requests. Each reader names the field's place and throws BadJson.
 *
 * `path` is where the object stands in the request, empty for the request itself.
 */
import { toHex } from '../../bytes.ts';
import type { Epoch, Root, Slot, ValidatorKey } from '../../ids.ts';
import {
  BadJson,
  type JsonObject,
  property,
  readBytes,
  readObject,
  readSafeUint,
  readUint64,
} from './json.ts';

/** Path of a field of the object at `path`. */
export const pathOf = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** The value under the key, in either spelling. */
export const required = (object: JsonObject, key: string, path: string): unknown => {
  const value = property(object, key);
  if (value === undefined || value === null) throw new BadJson(pathOf(path, key), 'is missing');
  return value;
};

export const part = (object: JsonObject, key: string, path: string): JsonObject =>
  readObject(required(object, key, path), pathOf(path, key));

export const uint = (object: JsonObject, key: string, path: string): number =>
  readSafeUint(required(object, key, path), pathOf(path, key));

export const bigUint = (object: JsonObject, key: string, path: string): bigint =>
  readUint64(required(object, key, path), pathOf(path, key));

/** `length` bytes as lower-case 0x-hex. */
export const hex = (object: JsonObject, key: string, path: string, length: number): string =>
  toHex(readBytes(required(object, key, path), pathOf(path, key), length));

export const root = (object: JsonObject, key: string, path: string): Root =>
  hex(object, key, path, 32) as Root;

export const validatorKey = (object: JsonObject, key: string, path: string): ValidatorKey =>
  hex(object, key, path, 48) as ValidatorKey;

export const slotIn = (object: JsonObject, path: string): Slot => uint(object, 'slot', path) as Slot;

export const epochIn = (object: JsonObject, path: string): Epoch => uint(object, 'epoch', path) as Epoch;
