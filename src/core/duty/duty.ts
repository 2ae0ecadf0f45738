/**
 * Duties: what is decided together, and what only needs an exchange of partial signatures.
 *
 * A decided duty is { committee, role, slot, subject }. Attestations and sync messages have the committee as subject: one
 * decision serves every validator of the committee in that slot. Blocks, aggregates and contributions are a validator's own.
 */
import type { SignableType } from '../eth2/signable.ts';
import type { CommitteeId, Slot, ValidatorKey } from '../ids.ts';

/** Duties that need agreement on data. */
export type DecidedRole = 'attestation' | 'sync-message' | 'block' | 'aggregate' | 'contribution';

/** Duties in which every operator derives or is told the same root. */
export type ExchangedRole = Exclude<SignableType, DecidedRole>;

export interface DutyKey {
  readonly committee: CommitteeId;
  readonly role: DecidedRole;
  readonly slot: Slot;
  /** null for attestation and sync-message. */
  readonly validator: ValidatorKey | null;
  /** The sync subcommittee of a contribution, 0 for everything else. */
  readonly subcommittee: number;
}

/** A short text that tells duties apart, for maps and logs. */
export const dutyName = (duty: DutyKey): string =>
  [
    duty.role,
    duty.slot,
    duty.validator === null ? duty.committee.slice(0, 10) : duty.validator,
    ...(duty.role === 'contribution' ? [duty.subcommittee] : []),
  ].join('/');

const decided: ReadonlySet<string> = new Set<DecidedRole>([
  'attestation',
  'sync-message',
  'block',
  'aggregate',
  'contribution',
]);

export const isDecidedRole = (type: SignableType): type is DecidedRole => decided.has(type);
