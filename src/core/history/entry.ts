/**
 * What the decided history holds: certificates, and beside each vote the proof of who signed under it.
 *
 * A certificate names its duty. A block's duty is one validator's own, so its certificate says everything. A vote's duty is the
 * committee's: which validators signed under it is told by their signatures, the whole one where it was combined, else the
 * operators' partial ones. Both prove themselves under public keys that everybody has.
 */
import type { DutyKey } from '../duty/duty.ts';
import type { OperatorId, ValidatorKey } from '../ids.ts';

/** A decision without what can be computed anew: the commits all sign the same bytes (certificate.ts). */
export interface Certificate {
  readonly duty: DutyKey;
  /** The round of the commits, from 1. */
  readonly round: number;
  readonly value: Uint8Array;
  /** Ascending; at least a quorum of the committee. */
  readonly operators: readonly OperatorId[];
  /** 256 bytes each, in the order of the operators. */
  readonly signatures: readonly Uint8Array[];
}

/** Stands for the whole cluster where a claim names an operator. No operator has this id. */
export const wholeCluster = 0;

export interface Claim {
  /** The operator whose share signed, or `wholeCluster` for the validator's own signature. */
  readonly by: OperatorId | typeof wholeCluster;
  /** 96 bytes. */
  readonly signature: Uint8Array;
}

/** That a validator signed under a vote. One claim suffices; several are alternatives. */
export interface Proof {
  readonly validator: ValidatorKey;
  /** The committee index in the attestation data; 0 from Electra on. */
  readonly index: number;
  readonly claims: readonly Claim[];
}

export interface Entry {
  readonly certificate: Certificate;
  /** Empty but for attestations. One per validator. */
  readonly proofs: readonly Proof[];
}
