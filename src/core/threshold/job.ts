/**
 * What is asked of the combiner, and what it answers.
 */
import type { OperatorId, Root, ShareKey, ValidatorKey } from '../ids.ts';
import type { PointForm } from './partial-point.ts';

export interface JobPartial extends PointForm {
  readonly operator: OperatorId;
  readonly share: ShareKey;
}

/** A set of partials for one root that should make one signature. */
export interface CombineJob {
  readonly validator: ValidatorKey;
  readonly signingRoot: Root;
  readonly quorum: number;
  /** Distinct operators. */
  readonly partials: readonly JobPartial[];
}

export type CombineResult =
  /** `signature` (96 bytes) verifies under the validator key. `bad` names operators whose partials do not verify. */
  | { readonly type: 'combined'; readonly signature: Uint8Array; readonly bad: readonly OperatorId[] }
  /** Too few good partials remain, or (with enough of them) the shares are not of this validator's key. */
  | { readonly type: 'short'; readonly bad: readonly OperatorId[] };

/** One partial to be checked under its share key. */
export interface PartialCheck {
  readonly share: ShareKey;
  readonly signingRoot: Root;
  /** 96 bytes. */
  readonly signature: Uint8Array;
}
