/**
 * Everything that can come of a sign request. http/ maps each to a status; `type` is the stable reason word of error bodies.
 */
import type { OperatorId, Root } from '../core/ids.ts';

export type SignOutcome =
  | { readonly type: 'signed'; readonly signature: Uint8Array }
  /** Not a validator of ours. 404 */
  | { readonly type: 'unknown-validator' }
  /** Outside the window in which this duty may be asked. 400 */
  | { readonly type: 'too-early' | 'too-late'; readonly detail: string }
  /** Our policy forbids it (a registration's fee recipient, ...). 400 */
  | { readonly type: 'refused-by-policy'; readonly detail: string }
  /** Slashing protection forbids it. 412 */
  | { readonly type: 'slashable'; readonly rule: string; readonly detail: string }
  /** The cluster agreed on other data than this client sent. 500 */
  | { readonly type: 'decided-otherwise'; readonly detail: string }
  /** No agreement in time. 500 */
  | { readonly type: 'undecided'; readonly detail: string }
  /** Agreed, but too few partial signatures in time. 500 */
  | {
      readonly type: 'below-quorum';
      readonly have: number;
      readonly need: number;
      readonly missing: readonly OperatorId[];
      readonly signingRoot: Root;
    }
  /** Our own share could not be signed. 500 */
  | { readonly type: 'signer-failed'; readonly reason: SignerFailureReason; readonly detail: string }
  /** Too many requests at once, or this node is not ready (starting, stopping, catching up). 500 */
  | { readonly type: 'overloaded' | 'not-ready'; readonly detail: string };

export type SignerFailureReason = 'refused' | 'unknown-key' | 'unavailable' | 'timeout' | 'bad-signature';
