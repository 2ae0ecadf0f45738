/**
 * Message ids in this node's terms: which duty or which exchange of partial signatures a message belongs to.
 *
 * An id under a committee has 16 bytes to spare before the committee's own id, zero in the SSV spec. A message that is sent
 * again for an operator that missed it carries the attempt there, because gossip drops a second message of the same bytes.
 */

import { equalBytes } from '../core/bytes.ts';
import { type DutyKey, isDecidedRole } from '../core/duty/duty.ts';
import type { SignableType } from '../core/eth2/signable.ts';
import type { CommitteeId, Slot } from '../core/ids.ts';
import type { Committee, Registry } from '../core/registry/committee.ts';
import { isWireError } from '../core/wire/errors.ts';
import {
  dutyMessageId,
  parseExecutor,
  parseMessageId,
  parseRole,
  partialsMessageId,
  roleOf,
  type WireRole,
} from '../core/wire/message-id.ts';
import { type PartialType, partialTypes } from '../core/wire/partial.ts';

export interface Addressee {
  readonly committee: Committee;
  readonly role: WireRole;
  readonly subcommittee: number;
  /** See `attempts`; 0 for messages under a validator. */
  readonly attempt: number;
  /** The validator whose own duty it is; null for messages under the committee. */
  readonly validator: DutyKey['validator'];
}

export type AddressVerdict =
  | { readonly type: 'ours'; readonly addressee: Addressee }
  /** Well-formed, but of another network, of a committee or validator that this node does not know, or of a newer version. */
  | { readonly type: 'foreign'; readonly why: string }
  | { readonly type: 'malformed'; readonly why: string };

export interface Address {
  dutyId(duty: DutyKey): Uint8Array;
  /** `attempt` is 0 the first time. */
  partialId(committee: CommitteeId, kind: SignableType, attempt: number): Uint8Array;
  read(id: Uint8Array): AddressVerdict;
}

/**
 * What the attempt of partial signatures says: 0, sent once as it was made; up to `asksUntil`, sent again by an operator that
 * lacks the others' and asks for them; above, sent again as an answer to that.
 */
export const attempts = { asksUntil: 15 } as const;

/** Where the domain, the role and the executor end in an id, and where in it the attempt stands. */
const executorAt = 8;
const attemptAt = executorAt + 12;

export const createAddress = (domain: Uint8Array, registry: Registry): Address => ({
  dutyId: (duty) => dutyMessageId(domain, duty),
  partialId: (committee, kind, attempt) => {
    const id = partialsMessageId(domain, roleOf(kind), committee);
    new DataView(id.buffer, id.byteOffset).setUint32(attemptAt, attempt, true);
    return id;
  },
  read: (bytes) => {
    const id = parseMessageId(bytes);
    if (isWireError(id)) return { type: 'malformed', why: id.detail };
    if (!equalBytes(id.domain, domain)) return { type: 'foreign', why: 'of another network or version' };
    const role = parseRole(id.role);
    if (role === null) return { type: 'foreign', why: `of an unknown role ${id.role}` };
    const bare = id.executor.slice();
    // Only a committee's id starts with a zero byte; the attempt does not count as part of its name.
    const attempt =
      bare[0] === 0 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(attemptAt, true) : 0;
    if (bare[0] === 0) bare.fill(0, attemptAt - executorAt, 16);
    const executor = parseExecutor(bare);
    const validator = executor.type === 'validator' ? registry.validators.get(executor.key) : undefined;
    if (executor.type === 'validator' && validator === undefined)
      return { type: 'foreign', why: 'of an unknown validator' };
    const committeeId = executor.type === 'committee' ? executor.id : validator?.committee;
    const committee = committeeId === undefined ? undefined : registry.committees.get(committeeId);
    if (committee === undefined) return { type: 'foreign', why: 'of an unknown committee' };
    return { type: 'ours', addressee: { committee, ...role, attempt, validator: validator?.key ?? null } };
  },
});

/** The duty of a consensus message; null where its role is not decided or its executor is not of the role's form. */
export const dutyOf = (addressee: Addressee, slot: Slot): DutyKey | null => {
  const { role, validator, subcommittee } = addressee;
  if (!isDecidedRole(role)) return null;
  const isCommittees = role === 'attestation' || role === 'sync-message';
  if (isCommittees !== (validator === null)) return null;
  return { committee: addressee.committee.id, role, slot, validator, subcommittee };
};

/** What is signed by partials of this role and type; null where the two do not fit. */
export const kindOf = (role: WireRole, typeNumber: number): SignableType | null => {
  const type = (Object.keys(partialTypes) as PartialType[]).find((name) => partialTypes[name] === typeNumber);
  if (type === undefined) return null;
  if (type === 'post-consensus') return isDecidedRole(role) ? role : null;
  return roleOf(type) === role ? type : null;
};
