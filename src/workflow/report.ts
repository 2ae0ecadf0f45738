/**
 * Everything worth telling, as one union: app/ makes log lines and metrics of it, tests read it as a trace.
 * No event carries a secret. `...Ms` are milliseconds.
 */
import type { CommitteeId, OperatorId, Root, ShareKey, Slot, ValidatorKey } from '../core/ids.ts';
import type { SignerFailureReason, SignOutcome } from './outcome.ts';

export type ReportEvent =
  /** A client's request came in and was answered; one pair per request. */
  | {
      readonly type: 'asked';
      readonly duty: string;
      readonly validator: ValidatorKey;
      readonly signingRoot: Root;
    }
  | {
      readonly type: 'answered';
      readonly duty: string;
      readonly kind: string;
      readonly validator: ValidatorKey;
      readonly outcome: SignOutcome;
      readonly tookMs: number;
    }
  | { readonly type: 'joined'; readonly duty: string; readonly because: 'request' | 'peer' }
  | { readonly type: 'abstained'; readonly duty: string; readonly why: string }
  | { readonly type: 'hinted'; readonly duty: string; readonly from: OperatorId }
  | { readonly type: 'proposed'; readonly duty: string; readonly round: number }
  | { readonly type: 'proposal-refused'; readonly duty: string; readonly round: number; readonly why: string }
  /** `round` is the one that begins. */
  | { readonly type: 'round-changed'; readonly duty: string; readonly round: number; readonly why: string }
  | {
      readonly type: 'decided';
      readonly duty: string;
      readonly kind: string;
      readonly slot: Slot;
      readonly round: number;
      /** sha256 of the decided value. */
      readonly valueRoot: Root;
      readonly signers: readonly OperatorId[];
      readonly tookMs: number;
    }
  | { readonly type: 'undecided'; readonly duty: string; readonly kind: string; readonly round: number }
  | {
      readonly type: 'recorded';
      readonly validator: ValidatorKey;
      readonly kind: string;
      readonly slot: Slot;
      readonly signingRoot: Root;
    }
  | {
      readonly type: 'slashing-refused';
      readonly validator: ValidatorKey;
      readonly kind: string;
      readonly rule: string;
      readonly detail: string;
    }
  | {
      readonly type: 'share-signed';
      readonly validator: ValidatorKey;
      readonly kind: string;
      readonly tookMs: number;
    }
  | {
      readonly type: 'share-failed';
      readonly validator: ValidatorKey;
      readonly share: ShareKey;
      readonly kind: string;
      readonly reason: SignerFailureReason;
      readonly detail: string;
    }
  | { readonly type: 'partials-sent'; readonly kind: string; readonly slot: Slot; readonly count: number }
  | {
      readonly type: 'partials-received';
      readonly kind: string;
      readonly slot: Slot;
      readonly from: OperatorId;
      readonly count: number;
    }
  | {
      readonly type: 'combined';
      readonly validator: ValidatorKey;
      readonly kind: string;
      readonly signingRoot: Root;
      readonly tookMs: number;
    }
  /** An operator sent a partial signature that does not verify against its share key. */
  | {
      readonly type: 'bad-partial';
      readonly validator: ValidatorKey;
      readonly kind: string;
      readonly from: OperatorId;
    }
  /** A message of ours went out to `peers` neighbours, and one of theirs was judged. `bytes` without what carries it. */
  | { readonly type: 'message-sent'; readonly bytes: number; readonly peers: number }
  | {
      readonly type: 'message-received';
      readonly bytes: number;
      readonly verdict: 'accept' | 'ignore' | 'reject';
    }
  /** Something a peer sent was turned away. `verdict` is what gossip scoring is told. */
  | {
      readonly type: 'message-refused';
      readonly verdict: 'ignore' | 'reject';
      readonly why: string;
      readonly from: OperatorId | null;
    }
  /** An operator signed two different messages where it may sign one. */
  | {
      readonly type: 'equivocation';
      readonly duty: string;
      readonly from: OperatorId;
      readonly detail: string;
    }
  | { readonly type: 'peer-connected' | 'peer-lost'; readonly operator: OperatorId }
  | {
      readonly type: 'peer-dial-failed';
      readonly operator: OperatorId;
      readonly address: string;
      readonly why: string;
    }
  | { readonly type: 'publish-failed'; readonly why: string }
  /**
   * Where a node that started stands with a committee, or with validators that it came to know later (`newcomers`, otherwise
   * 0): core/history/caught-up.ts. `floor` is an epoch.
   */
  | {
      readonly type: 'catch-up';
      readonly committee: string;
      readonly state: 'asking' | 'settling' | 'caught-up';
      readonly have: number;
      readonly need: number;
      readonly missing: readonly OperatorId[];
      readonly floor: number | null;
      readonly newcomers: number;
    }
  /** An operator was asked for decided history. */
  | {
      readonly type: 'history-answer';
      readonly from: OperatorId;
      readonly outcome: 'answered' | 'busy' | 'failed' | 'lie';
      readonly entries: number;
      readonly why: string;
    }
  /** An observer was let in or has left; `observers` is how many there are now. */
  | {
      readonly type: 'observer-admitted' | 'observer-left';
      readonly peer: string;
      readonly observers: number;
    }
  /** An observer was not let in, or was sent away. */
  | { readonly type: 'observer-refused'; readonly peer: string; readonly why: string }
  /** Told by an observer, of a node that it asks: an operator, or another observer by its address. */
  | {
      readonly type: 'source';
      readonly source: string;
      readonly state: 'connected' | 'lost' | 'unreachable';
      readonly why: string;
    }
  /** An observer has asked a node for a range of slots. */
  | {
      readonly type: 'copied';
      readonly committee: CommitteeId;
      readonly source: string;
      readonly from: Slot;
      readonly to: Slot;
      readonly outcome: 'answered' | 'busy' | 'failed' | 'lie';
      readonly entries: number;
      readonly why: string;
    }
  /** A message with our own operator's signature that this process did not send. */
  | { readonly type: 'twin'; readonly duty: string; readonly detail: string }
  | { readonly type: 'fault'; readonly where: string; readonly why: string };

export type Report = (event: ReportEvent) => void;
