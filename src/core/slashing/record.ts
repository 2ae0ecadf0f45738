/**
 * What a slashing history holds: one record per attestation or block that a key has signed (EIP-3076).
 *
 * Epochs and slots are uint64 in the format and numbers here. A number above 2^53 - 1 is clamped to `beyond`, which is one more
 * than any epoch or slot that an item can carry. So every comparison of an item with a record comes out as it would with the
 * full uint64: a history that says "never sign again" with 2^64 - 1 still says so, and nothing is rounded to something smaller.
 */
import type { Root } from '../ids.ts';

/** Stands for every uint64 from 2^53 on. Exact as a double and as an int64. */
export const beyond = 2 ** 53;

export interface AttestationRecord {
  readonly source: number;
  readonly target: number;
  /** null where the root is unknown: then it differs from every root. */
  readonly signingRoot: Root | null;
}

export interface BlockRecord {
  readonly slot: number;
  /** null where the root is unknown: then it differs from every root. */
  readonly signingRoot: Root | null;
}

/** Everything known of one public key (48 bytes as lower-case 0x-hex). */
export interface KeyHistory {
  readonly key: string;
  readonly blocks: readonly BlockRecord[];
  readonly attestations: readonly AttestationRecord[];
}

/** The lowest source and the lowest target of a key's attestations; they may come from two different records. */
export interface AttestationMinimum {
  readonly source: number;
  readonly target: number;
}
