/**
 * The seams: how the workflow meets the world. Each is owned here, by its consumer, and has one contract suite that the
 * real thing and the fake both pass.
 */
import type { DutyKey } from '../core/duty/duty.ts';
import type { Signable, SigningRoots } from '../core/eth2/signable.ts';
import type { CommitteeId, OperatorId, ShareKey, Slot, ValidatorKey } from '../core/ids.ts';
import type { SlashingItem, SlashingVerdict } from '../core/slashing/item.ts';
import type { CombineJob, CombineResult, PartialCheck } from '../core/threshold/job.ts';
import type { SignerFailureReason } from './outcome.ts';

export interface Clock {
  /** Unix time in ms. */
  now(): number;
  /** Runs `task` once at the given time (at once where it has passed); returns what cancels it. */
  at(timeMs: number, task: () => void): () => void;
}

/**
 * What gossip does with a message: forward it, drop it, or drop it and lower the sender's score. `urgent` is forwarded at once:
 * operators that its author does not reach can do nothing before they have it.
 */
export type Verdict = 'accept' | 'urgent' | 'ignore' | 'reject';

export interface Gossip {
  /** Sends to every subscriber of the committee's topic. Never throws; a failure is reported by the implementation. */
  publish(committee: CommitteeId, message: Uint8Array): void;
  /** `handle` judges each message of the subscribed committees, synchronously, own messages excluded. One handler. */
  listen(handle: (message: Uint8Array) => Verdict): void;
}

export interface Peers {
  /** False only where the connection to that operator is known to be gone. */
  isConnected(operator: OperatorId): boolean;
  /** Unix ms since when the connection to that operator stands, null where it does not or is not known. */
  connectedSinceMs(operator: OperatorId): number | null;
  onLost(task: (operator: OperatorId) => void): void;
}

/** The RSA keys: our own signs, everyone's verify (PKCS#1 v1.5, SHA-256). */
export interface OperatorKeys {
  readonly self: OperatorId;
  sign(data: Uint8Array): Promise<Uint8Array>;
  /** Under the operator's present key; where `slot` is given, under any of its keys that count in that slot. */
  verify(operator: OperatorId, data: Uint8Array, signature: Uint8Array, slot?: Slot): boolean;
}

/** One partial signature to be made. */
export interface ShareTask {
  readonly share: ShareKey;
  readonly validator: ValidatorKey;
  readonly signable: Signable;
  readonly roots: SigningRoots;
}

/** Why a share signer did not sign. The message names the action; `cause` holds the underlying fault. */
export class SignerFailed extends Error {
  readonly reason: SignerFailureReason;
  constructor(reason: SignerFailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SignerFailed';
    this.reason = reason;
  }
}

export interface ShareSigner {
  /** Signs roots.signingRoot with the share's key: 96 bytes compressed. Throws SignerFailed. May batch inside. */
  sign(task: ShareTask, signal: AbortSignal): Promise<Uint8Array>;
  /** The share keys it holds now. Throws SignerFailed. */
  keys(signal: AbortSignal): Promise<readonly ShareKey[]>;
}

export interface SlashingProtection {
  /**
   * Judges each item in turn and stores the safe ones, all in one transaction that is durable on return.
   * Throws where nothing could be stored; then nothing may be signed.
   */
  record(items: readonly SlashingItem[]): readonly SlashingVerdict[];
  /** The same judgement without storing anything. */
  judge(items: readonly SlashingItem[]): readonly SlashingVerdict[];
}

/** Remembers across crashes which consensus instances this operator has already spoken in. */
export interface VoteJournal {
  /**
   * Durable on return. 'fresh': this operator never spoke in this instance. 'spoken': it did, before a restart, so it must
   * stay silent and only listen: whatever it would say now could contradict what it said then.
   */
  join(duties: readonly DutyKey[]): readonly ('fresh' | 'spoken')[];
}

export type { CombineJob, CombineResult };

export interface Combiner {
  /** One result per job, in order. Rejects only on a bug or when the crypto worker is gone. */
  combine(jobs: readonly CombineJob[]): Promise<readonly CombineResult[]>;
  /** Which of these partials verify under their share keys, in order. */
  verifyPartials(partials: readonly PartialCheck[]): Promise<readonly boolean[]>;
}
