/**
 * Strict reading of the JSON form of SSZ values (beacon-APIs): checked hex, exact lengths, bounded lists.
 *
 * The JSON readers of @chainsafe/ssz are lenient ("12abc" is 12), so only their shapes are used. Tolerated, because clients
 * and Web3Signer's own examples do it: uint64 as a JSON number, camelCase names, unknown properties.
 */
import {
  BitListType,
  BitVectorType,
  ByteVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  ProgressiveBitListType,
  ProgressiveContainerType,
  type Type,
  UintBigintType,
  type ValueOf,
  VectorCompositeType,
} from '@chainsafe/ssz';
import { fromHex } from '../../bytes.ts';

/** What is wrong with a piece of JSON. `message` names the place, never quotes the value. */
export class BadJson extends Error {
  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
    this.name = 'BadJson';
  }
}

/** Reads a value of one SSZ type at `path`. Throws BadJson. */
export type JsonReader<T> = (json: unknown, path: string) => T;

const uint64Max = 2n ** 64n - 1n;

/** uint64 as a decimal string, or as a JSON number up to 2^53 - 1 (beyond it the parser has already rounded). */
export const readUint64: JsonReader<bigint> = (json, path) => {
  if (typeof json === 'number' && Number.isSafeInteger(json) && json >= 0) return BigInt(json);
  if (typeof json === 'string' && /^[0-9]{1,20}$/.test(json)) {
    const value = BigInt(json);
    if (value <= uint64Max) return value;
  }
  throw new BadJson(path, 'is not a uint64 in decimal');
};

/** A uint64 that is also a safe integer: slots, epochs, indices. */
export const readSafeUint: JsonReader<number> = (json, path) => {
  if (typeof json === 'string' && json.length < 16 && /^[0-9]+$/.test(json)) return Number(json);
  const value = readUint64(json, path);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new BadJson(path, 'is above 2^53 - 1');
  return Number(value);
};

export type JsonObject = Readonly<Record<string, unknown>>;

export const readObject: JsonReader<JsonObject> = (json, path) => {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new BadJson(path, 'is not an object');
  return json as JsonObject;
};

/** Bytes of 0x-hex of exactly `length` bytes. */
export const readBytes = (json: unknown, path: string, length: number): Uint8Array => {
  if (typeof json === 'string' && json.length === 2 + 2 * length) {
    try {
      return fromHex(json, length);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
    }
  }
  throw new BadJson(path, `is not 0x-hex of ${length} bytes`);
};

const camel = (key: string): string =>
  key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The property under its snake_case name, or else under the camelCase one. */
export const property = (object: JsonObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : own(object, camel(key));

const own = (object: JsonObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** A reader for the type: made once, used often. Throws where it meets an SSZ type that no container here uses. */
export const jsonReader = <T extends Type<unknown>>(type: T): JsonReader<ValueOf<T>> =>
  build(type) as JsonReader<ValueOf<T>>;

const build = (type: Type<unknown>): JsonReader<unknown> => {
  if (type instanceof UintBigintType) return readUint64;
  if (type instanceof ByteVectorType) return (json, path) => readBytes(json, path, type.lengthBytes);
  if (
    type instanceof BitVectorType ||
    type instanceof BitListType ||
    type instanceof ProgressiveBitListType
  ) {
    return bits(type);
  }
  if (type instanceof ContainerType || type instanceof ProgressiveContainerType) return container(type);
  if (type instanceof VectorCompositeType) return list(type.elementType, type.length, type.length);
  if (type instanceof ListCompositeType || type instanceof ListBasicType) {
    return list(type.elementType as Type<unknown>, 0, type.limit);
  }
  throw new TypeError(`no JSON reader for the SSZ type ${type.typeName}`);
};

const bits = (type: BitVectorType | BitListType | ProgressiveBitListType): JsonReader<unknown> => {
  const textMax = 2 + 2 * type.maxSize;
  return (json, path) => {
    if (typeof json !== 'string' || json.length > textMax)
      throw new BadJson(path, `is not ${type.typeName} in 0x-hex`);
    try {
      return type.deserialize(fromHex(json));
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause;
      throw new BadJson(path, `is not ${type.typeName} in 0x-hex`);
    }
  };
};

const container = (
  type:
    | ContainerType<Record<string, Type<unknown>>>
    | ProgressiveContainerType<Record<string, Type<unknown>>>,
): JsonReader<unknown> => {
  const fields = type.fieldsEntries.map(({ fieldName, fieldType, jsonKey }) => ({
    fieldName,
    jsonKey,
    read: build(fieldType),
  }));
  return (json, path) => {
    const object = readObject(json, path);
    const value: Record<string, unknown> = {};
    for (const { fieldName, jsonKey, read } of fields) {
      const given = property(object, jsonKey);
      if (given === undefined) throw new BadJson(`${path}.${jsonKey}`, 'is missing');
      value[fieldName] = read(given, `${path}.${jsonKey}`);
    }
    return value;
  };
};

const list = (element: Type<unknown>, min: number, max: number): JsonReader<unknown> => {
  const read = build(element);
  return (json, path) => {
    if (!Array.isArray(json)) throw new BadJson(path, 'is not a list');
    if (json.length < min || json.length > max) throw new BadJson(path, `has not ${min} to ${max} items`);
    return json.map((item: unknown, at) => read(item, `${path}[${at}]`));
  };
};
