/**
 * How a record of an imported history enters a history that already protects the key.
 *
 * EIP-3076 asks for the lowest source, target and slot of all records as minimum. Adding an older record would lower that
 * minimum and so permit what was refused before. These rules keep both: whatever was refused stays refused, and whatever
 * contradicts the imported record is refused from now on. With the minimum (S, T) before the import and votes a -> b that it
 * still permits (a >= S, b > T), a record s -> t forbids:
 *
 *   t <= T           only a < s, which the record s -> T forbids as well
 *   t > T, s >= S    what it says, and it leaves the minimum where it is: stored as it is
 *   t > T, s < S     every b <= t (a double vote, or surrounded as a >= S > s): the same as T = t
 *
 * An imported root also permits, since the identical root may be signed again. It is kept only where that was no news.
 */
import type { AttestationMinimum, AttestationRecord, BlockRecord } from './record.ts';

export type AttestationMerge =
  /** The history refuses everything that this record refuses. */
  | { readonly type: 'implied' }
  | { readonly type: 'store'; readonly record: AttestationRecord }
  /** Everything up to this target must be refused from now on. */
  | { readonly type: 'raise'; readonly target: number };

/** `wasRefused`: the history before the import would have refused to sign this record; so its root must not be taken over. */
export const mergeAttestation = (
  record: AttestationRecord,
  before: AttestationMinimum | null,
  wasRefused: boolean,
): AttestationMerge => {
  const signingRoot = wasRefused ? null : record.signingRoot;
  if (before === null) return { type: 'store', record };
  if (record.target < before.target || (record.target === before.target && record.source < before.source)) {
    if (record.source <= before.source) return { type: 'implied' };
    return { type: 'store', record: { source: record.source, target: before.target, signingRoot: null } };
  }
  if (record.source < before.source) return { type: 'raise', target: record.target };
  return { type: 'store', record: { ...record, signingRoot } };
};

/** The record to store, or null where the history already refuses everything that this one refuses. */
export const mergeBlock = (
  record: BlockRecord,
  before: number | null,
  wasRefused: boolean,
): BlockRecord | null => {
  if (before === null) return record;
  if (record.slot < before) return null;
  return { slot: record.slot, signingRoot: wasRefused ? null : record.signingRoot };
};

/** One record that forbids everything up to the highest source and target of `records`: what pruning leaves in their place. */
export const watermarkOf = (records: readonly AttestationRecord[]): AttestationRecord | null => {
  const first = records[0];
  if (first === undefined) return null;
  let { source, target } = first;
  for (const record of records) {
    source = Math.max(source, record.source);
    target = Math.max(target, record.target);
  }
  return { source, target, signingRoot: null };
};
