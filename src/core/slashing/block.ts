/**
 * Slashing rules for block proposals (EIP-3076, conditions 1 and 2).
 *
 * The caller fetches the evidence from everything recorded for the key and, on `safe`, stores the item in the same transaction.
 */
import type { SlashingVerdict } from './item.ts';
import type { BlockRecord } from './record.ts';

export interface BlockEvidence {
  /** All records with the item's slot. */
  readonly sameSlot: readonly BlockRecord[];
  /** The lowest slot on record; null where the key has no blocks. */
  readonly minimum: number | null;
}

/** A block to be signed; or a record of another history, to learn whether ours would have signed it. */
export const judgeBlock = (item: BlockRecord, seen: BlockEvidence): SlashingVerdict => {
  // EIP-3076 exempts the identical root from every condition: the same signature again proves nothing new.
  const isIdentical = (earlier: BlockRecord): boolean => earlier.signingRoot === item.signingRoot;
  if (item.signingRoot !== null && seen.sameSlot.some(isIdentical)) return { type: 'same-data' };
  const double = seen.sameSlot[0];
  if (double !== undefined) {
    const root = double.signingRoot ?? 'unknown';
    const detail = `a block at slot ${item.slot} with other data is on record (signing root ${root})`;
    return { type: 'slashable', rule: 'double-block', detail };
  }
  if (seen.minimum !== null && item.slot <= seen.minimum) {
    const detail = `block at slot ${item.slot}: the slot must be above ${seen.minimum}, the lowest on record`;
    return { type: 'slashable', rule: 'below-minimum', detail };
  }
  return { type: 'safe' };
};
