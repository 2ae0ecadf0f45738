/**
 * Slashing rules for attestations (EIP-3076, conditions 3 to 5; consensus specs, is_slashable_attestation_data).
 *
 * The caller fetches the evidence from everything recorded for the key and, on `safe`, stores the item in the same transaction.
 */

import type { SlashingVerdict } from './item.ts';
import type { AttestationMinimum, AttestationRecord } from './record.ts';

export interface AttestationEvidence {
  /** All records with the item's target. */
  readonly sameTarget: readonly AttestationRecord[];
  /** One record that the item surrounds: its source is later and its target earlier. */
  readonly surrounded: AttestationRecord | null;
  /** One record that surrounds the item: its source is earlier and its target later. */
  readonly surrounding: AttestationRecord | null;
  /** null where the key has no attestations. */
  readonly minimum: AttestationMinimum | null;
}

/** A vote to be signed; or a record of another history, to learn whether ours would have signed it. */
export const judgeAttestation = (item: AttestationRecord, seen: AttestationEvidence): SlashingVerdict => {
  const vote = arrow(item);
  if (item.source > item.target) {
    return slashable('source-after-target', `attestation ${vote} has its source after its target`);
  }
  // EIP-3076 exempts the identical root from every condition: the same signature again proves nothing new.
  if (seen.sameTarget.some((earlier) => isIdentical(earlier, item))) return { type: 'same-data' };
  const double = seen.sameTarget[0];
  if (double !== undefined) {
    return slashable(
      'double-vote',
      `attestation ${vote} has the target of ${described(double)}, which is other data`,
    );
  }
  if (seen.surrounded !== null) {
    return slashable('surrounds', `attestation ${vote} surrounds ${described(seen.surrounded)}`);
  }
  if (seen.surrounding !== null) {
    return slashable('surrounded', `attestation ${vote} is surrounded by ${described(seen.surrounding)}`);
  }
  if (seen.minimum !== null && item.source < seen.minimum.source) {
    return slashable(
      'below-minimum',
      `attestation ${vote}: the lowest source on record is ${seen.minimum.source}`,
    );
  }
  if (seen.minimum !== null && item.target <= seen.minimum.target) {
    return slashable('below-minimum', `attestation ${vote}: the target must be above ${seen.minimum.target}`);
  }
  return { type: 'safe' };
};

const isIdentical = (earlier: AttestationRecord, item: AttestationRecord): boolean =>
  item.signingRoot !== null && earlier.signingRoot === item.signingRoot && earlier.source === item.source;

const slashable = (
  rule: Extract<SlashingVerdict, { readonly type: 'slashable' }>['rule'],
  detail: string,
): SlashingVerdict => ({ type: 'slashable', rule, detail });

const arrow = (vote: { readonly source: number; readonly target: number }): string =>
  `${vote.source} -> ${vote.target}`;

const described = (earlier: AttestationRecord): string =>
  `the recorded ${arrow(earlier)} (signing root ${earlier.signingRoot ?? 'unknown'})`;
