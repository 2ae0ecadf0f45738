/**
 * The keys that an operator had before its present one, and which of an operator's keys count in a slot.
 *
 * A former key counts for messages and certificates of slots before its `until`, and for nothing else; the present key and later
 * former keys count there as well, so that an operator may change keys at any moment before `until` while the others' nodes read
 * their cluster files anew one after another. Whichever of its keys an operator signs with, it is one signer of a quorum.
 */
import { parseSlot, type Slot } from '../ids.ts';
import type { FormerKey, Operator } from './committee.ts';
import { type Problems, readList, readMapping, readParsed } from './field.ts';
import { parseOperatorPublicKey } from './operator-public-key.ts';

/** Each may cost a verification for every bad signature of an old slot. */
const formerKeysMax = 16;

/** The keys of an operator that count in a slot; without a slot, the present one alone. */
export const keysIn = ({ publicKeyPem, formerKeys = [] }: Operator, slot?: Slot): readonly string[] => {
  if (slot === undefined || formerKeys.length === 0) return [publicKeyPem];
  return [
    ...formerKeys.filter(({ until }) => slot < until).map((former) => former.publicKeyPem),
    publicKeyPem,
  ];
};

const parseUntil = (value: unknown): Slot | null => {
  const slot = parseSlot(value);
  return slot === 0 ? null : slot;
};

/** The list as it stands in a cluster file; absent is empty. */
export const readFormerKeys = (value: unknown, path: string, problems: Problems): readonly FormerKey[] => {
  if (value === undefined) return [];
  const read = (readList(value, path, 0, formerKeysMax, problems) ?? []).map((entry, at) =>
    readFormerKey(entry, `${path}[${at}]`, problems),
  );
  const keys = read.filter((key) => key !== null);
  for (const [at, { until }] of keys.entries()) {
    const before = keys[at - 1]?.until ?? 0;
    if (until <= before) problems.note(path, `must be oldest first: until ${until} follows until ${before}`);
  }
  return keys;
};

const readFormerKey = (value: unknown, path: string, problems: Problems): FormerKey | null => {
  const entry = readMapping(value, path, ['publicKey', 'until'], problems);
  if (entry === null) return null;
  const publicKeyPem = readParsed(
    entry.publicKey,
    `${path}.publicKey`,
    'an RSA-2048 public key as this operator had it before',
    parseOperatorPublicKey,
    problems,
  );
  const until = readParsed(
    entry.until,
    `${path}.until`,
    'the first slot in which this key no longer counts, a whole number from 1',
    parseUntil,
    problems,
  );
  return publicKeyPem === null || until === null ? null : { publicKeyPem, until };
};
