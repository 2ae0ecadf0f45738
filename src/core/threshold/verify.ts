/**
 * Checking many signatures for the price of a few.
 *
 * Signatures of one root are added up, each times its own random 64 bits (drawn inside the binding, with a check that each
 * is in the subgroup), and so are the keys; one pairing then answers for all of them, wrongly with chance 2^-64. When the
 * answer is no, halving finds the bad ones. Different roots share the final exponentiation.
 * Source: https://ethresear.ch/t/fast-verification-of-multiple-bls-signatures/5407
 */
import {
  aggregateWithRandomness,
  PublicKey,
  Signature,
  type SignatureSet,
  verify,
  verifyMultipleAggregateSignatures,
} from '@chainsafe/blst';
import { fromHex } from '../bytes.ts';
import { remember } from '../remember.ts';

/** A claim that `signature` (96 or 192 bytes) signs the root, which is told once for many claims. */
export interface Claim {
  /** 48 bytes as 0x-hex. */
  readonly key: string;
  readonly signature: Uint8Array;
}

// Parsing and checking a key costs 90 microseconds; 65536 is 1000 validators of 13 operators four times over.
const keyOf = remember(65_536, (hex): PublicKey | null => {
  try {
    return PublicKey.fromBytes(fromHex(hex, 48), true);
  } catch {
    // Not a key that could have signed anything. An answer, not a fault.
    return null;
  }
});

/**
 * With several processors the binding multiplies fewer than 32 points one by one, and from there on all together: 32 cost as much as 18
 * one by one. Between the two a claim is repeated until there are 32; with random numbers of its own each time it proves no less.
 */
const [repeatFrom, together] = [18, 32] as const;
const repeated = <T>(some: readonly T[]): readonly T[] =>
  some.length < repeatFrom || some.length >= together
    ? some
    : [...some, ...new Array<T>(together - some.length).fill(some[0] as T)];

/** Null where some claim cannot be true: an impossible key, or bytes that are no point of the subgroup. */
const gather = (root: Uint8Array, claims: readonly Claim[]): SignatureSet | null => {
  const sets: { readonly pk: PublicKey; readonly sig: Uint8Array }[] = [];
  for (const { key, signature } of claims) {
    const pk = keyOf(key);
    if (pk === null) return null;
    sets.push({ pk, sig: signature });
  }
  const [only] = sets;
  try {
    if (sets.length === 1 && only !== undefined) {
      return { msg: root, pk: only.pk, sig: Signature.fromBytes(only.sig, true) };
    }
    return { msg: root, ...aggregateWithRandomness([...repeated(sets)]) };
  } catch {
    // The binding throws for a signature that is no point of the subgroup; that is an answer here.
    return null;
  }
};

const holds = ({ msg, pk, sig }: SignatureSet): boolean => verify(msg, pk, sig);

/** True where every claim of one root holds. */
const allHold = (root: Uint8Array, claims: readonly Claim[]): boolean => {
  const set = gather(root, claims);
  return set !== null && holds(set);
};

/** For each root with its claims (at least one): whether all of its claims hold. */
export const groupsHold = (
  groups: readonly { readonly root: Uint8Array; readonly claims: readonly Claim[] }[],
): readonly boolean[] => {
  const sets = groups.map(({ root, claims }) => gather(root, claims));
  const whole = sets.filter((set) => set !== null);
  const together = whole.length > 1 && verifyMultipleAggregateSignatures(whole);
  return sets.map((set) => set !== null && (together || holds(set)));
};

/**
 * Which claims of one root hold, in order. After `badMax` bad ones were found, what is not yet cleared is taken for bad as a
 * whole: so the work that one sender of many bad claims can cause has a bound. Give it the claims of one sender only then.
 */
export const whichHold = (
  root: Uint8Array,
  claims: readonly Claim[],
  badMax = Number.POSITIVE_INFINITY,
): readonly boolean[] => {
  let bad = 0;
  const judge = (part: readonly Claim[]): readonly boolean[] => {
    if (part.length === 0) return [];
    if (allHold(root, part)) return part.map(() => true);
    if (part.length === 1) bad++;
    if (part.length === 1 || bad >= badMax) return part.map(() => false);
    const half = part.length >> 1;
    return [...judge(part.slice(0, half)), ...judge(part.slice(half))];
  };
  return judge(claims);
};
