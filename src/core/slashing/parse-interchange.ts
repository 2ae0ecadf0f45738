/**
 * Reads the slashing protection interchange format, version 5 (EIP-3076).
 *
 * Strict: an unknown field, a number that is not a decimal string, a root that is not 32 bytes is an error that names its
 * place, for a history that is read in part protects in part. Bounded by the size of the text.
 */
import { parseRoot, parseValidatorKey, type Root } from '../ids.ts';
import type { Interchange } from './interchange.ts';
import { type AttestationRecord, type BlockRecord, beyond, type KeyHistory } from './record.ts';

export type ParsedInterchange =
  | { readonly type: 'parsed'; readonly interchange: Interchange }
  /** `reason` is a sentence with the place in the file, fit for a terminal. */
  | { readonly type: 'malformed'; readonly reason: string };

/** Room for more than a million complete records; V8's strings end at twice that. */
export const interchangeCharsMax = 256 * 1024 * 1024;

export const parseInterchange = (text: string): ParsedInterchange => {
  if (text.length > interchangeCharsMax) {
    return malformed(
      `longer than ${interchangeCharsMax} characters; export fewer keys at a time, or the minimal form`,
    );
  }
  try {
    return { type: 'parsed', interchange: interchange(json(text)) };
  } catch (error) {
    if (error instanceof Malformed) return malformed(error.message);
    throw error;
  }
};

const malformed = (reason: string): ParsedInterchange => ({ type: 'malformed', reason });

/** Leaves the readers below at the first fault; never leaves this file. */
class Malformed extends Error {}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Malformed(`not JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}`);
  }
};

const interchange = (value: unknown): Interchange => {
  const file = fields(value, 'the file', ['metadata', 'data'], []);
  const metadata = fields(
    file.metadata,
    'metadata',
    ['interchange_format_version', 'genesis_validators_root'],
    [],
  );
  const version = metadata.interchange_format_version;
  if (version !== '5') {
    throw new Malformed(`metadata.interchange_format_version is ${shown(version)}; only "5" is understood`);
  }
  return {
    genesisValidatorsRoot: root(metadata.genesis_validators_root, 'metadata.genesis_validators_root'),
    histories: mergedByKey(list(file.data, 'data').map((entry, at) => history(entry, `data[${at}]`))),
  };
};

const history = (value: unknown, at: string): KeyHistory => {
  const entry = fields(value, at, ['pubkey', 'signed_blocks', 'signed_attestations'], []);
  const key = parseValidatorKey(entry.pubkey);
  if (key === null) throw new Malformed(`${at}.pubkey is ${shown(entry.pubkey)}, not 48 bytes of 0x-hex`);
  const blocks = list(entry.signed_blocks, `${at}.signed_blocks`);
  const attestations = list(entry.signed_attestations, `${at}.signed_attestations`);
  return {
    key,
    blocks: blocks.map((block, index) => blockRecord(block, `${at}.signed_blocks[${index}]`)),
    attestations: attestations.map((vote, index) =>
      attestationRecord(vote, `${at}.signed_attestations[${index}]`),
    ),
  };
};

const blockRecord = (value: unknown, at: string): BlockRecord => {
  const block = fields(value, at, ['slot'], ['signing_root']);
  const slot = uint64(block.slot, `${at}.slot`);
  return { slot, signingRoot: rootOfExact(slot, optionalRoot(block.signing_root, at)) };
};

const attestationRecord = (value: unknown, at: string): AttestationRecord => {
  const vote = fields(value, at, ['source_epoch', 'target_epoch'], ['signing_root']);
  const source = uint64(vote.source_epoch, `${at}.source_epoch`);
  const target = uint64(vote.target_epoch, `${at}.target_epoch`);
  const signingRoot = rootOfExact(Math.max(source, target), optionalRoot(vote.signing_root, at));
  return { source, target, signingRoot };
};

// Where a number was clamped, the root is no longer that of the record.
const rootOfExact = (highest: number, signingRoot: Root | null): Root | null =>
  highest >= beyond ? null : signingRoot;

// The EIP allows a key to appear more than once; its histories are one.
const mergedByKey = (entries: readonly KeyHistory[]): readonly KeyHistory[] =>
  [...Map.groupBy(entries, (entry) => entry.key)].map(([key, of]) => ({
    key,
    blocks: of.flatMap((entry) => entry.blocks),
    attestations: of.flatMap((entry) => entry.attestations),
  }));

const fields = <Required extends string, Optional extends string>(
  value: unknown,
  at: string,
  required: readonly Required[],
  optional: readonly Optional[],
): Readonly<Record<Required | Optional, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Malformed(`${at} is ${shown(value)}, not an object`);
  }
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) throw new Malformed(`${at} lacks "${missing}"`);
  const known: readonly string[] = [...required, ...optional];
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Malformed(`${at} has the unknown field ${shown(unknown)}`);
  return value as Record<Required | Optional, unknown>;
};

const list = (value: unknown, at: string): readonly unknown[] => {
  if (!Array.isArray(value)) throw new Malformed(`${at} is ${shown(value)}, not a list`);
  return value;
};

const decimal = /^(?:0|[1-9][0-9]{0,19})$/;

// A JSON number was rounded before we could see it, hence strings only, as the EIP says.
const uint64 = (value: unknown, at: string): number => {
  if (typeof value !== 'string' || !decimal.test(value)) {
    throw new Malformed(`${at} is ${shown(value)}, not a uint64 as a decimal string`);
  }
  const exact = BigInt(value);
  if (exact >= 2n ** 64n) throw new Malformed(`${at} is ${value}, which is above 2^64 - 1`);
  return exact >= BigInt(beyond) ? beyond : Number(exact);
};

const root = (value: unknown, at: string): Root => {
  const parsed = parseRoot(value);
  if (parsed === null) throw new Malformed(`${at} is ${shown(value)}, not 32 bytes of 0x-hex`);
  return parsed;
};

// null is how some clients write an absent root.
const optionalRoot = (value: unknown, at: string): Root | null =>
  value === undefined || value === null ? null : root(value, `${at}.signing_root`);

const shown = (value: unknown): string => {
  if (value === undefined) return 'absent';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};
