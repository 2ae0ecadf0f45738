/**
 * Operators, committees and validators: who signs for whom.
 *
 * A committee is a set of 3f + 1 operators (4, 7, 10 or 13). A validator belongs to one committee; its shares are at the
 * x-coordinates that are the operators' ids. Built from a cluster file now; a contract's events will build the same value.
 */
import type { CommitteeId, OperatorId, ShareKey, Slot, ValidatorKey } from '../ids.ts';

/** A key that an operator signed with before its present one. */
export interface FormerKey {
  readonly publicKeyPem: string;
  /** The first slot in which it no longer counts. */
  readonly until: Slot;
}

export interface Operator {
  readonly id: OperatorId;
  /** RSA-2048 SPKI in PEM armour, as `operator-key` prints it. */
  readonly publicKeyPem: string;
  /** Oldest first. What is signed with them counts in slots before their end only (former-keys.ts). */
  readonly formerKeys?: readonly FormerKey[];
  /** Multiaddrs at which the operator's node listens; a trailing /p2p/<peer id> pins its network identity. */
  readonly addresses: readonly string[];
}

export interface Committee {
  readonly id: CommitteeId;
  /** Ascending by id. */
  readonly operators: readonly OperatorId[];
  /** f: how many operators may fail or lie. n = 3f + 1. */
  readonly faulty: number;
  /** 2f + 1: both the consensus quorum and the signing threshold. */
  readonly quorum: number;
}

/** What this validator's registrations may say; a field that is null is not restricted. */
export interface ValidatorPolicy {
  /** 20 bytes as lower-case 0x-hex. */
  readonly feeRecipient: string | null;
  readonly gasLimit: bigint | null;
}

export interface Validator {
  readonly key: ValidatorKey;
  /**
   * The number that stands for the validator in messages (the SSV wire's "validator index"): derived from the key, so that
   * operators agree on it without a beacon node. Unique within a registry, below 2^48.
   */
  readonly number: number;
  readonly committee: CommitteeId;
  readonly shares: ReadonlyMap<OperatorId, ShareKey>;
  readonly policy: ValidatorPolicy;
}

export interface Registry {
  readonly operators: ReadonlyMap<OperatorId, Operator>;
  readonly committees: ReadonlyMap<CommitteeId, Committee>;
  readonly validators: ReadonlyMap<ValidatorKey, Validator>;
  readonly byNumber: ReadonlyMap<number, Validator>;
}
