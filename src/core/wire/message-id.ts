/**
 * Message ids (SSV spec, types): 4 bytes of domain, the role as int32 little-endian, 48 bytes of executor.
 *
 * The id of a consensus message is that of its duty: the validator's key as executor where the value is one validator's own,
 * the committee otherwise. Partial signatures always travel under the committee, as one message serves many validators.
 * The domain is our own, derived from the chain: neither SSV's operators nor those of another chain read our messages.
 */
import { digest } from '@chainsafe/as-sha256';
import { concatBytes, fromHex, toHex } from '../bytes.ts';
import type { DutyKey } from '../duty/duty.ts';
import type { SignableType } from '../eth2/signable.ts';
import type { CommitteeId, OperatorId, Root, ValidatorKey } from '../ids.ts';
import type { WireError } from './errors.ts';
import { wireError } from './errors.ts';

/** The subjects of roles; randao and the selection proofs belong to the duties that they prepare. */
export type WireRole =
  | 'attestation'
  | 'aggregate'
  | 'block'
  | 'contribution'
  | 'registration'
  | 'exit'
  | 'sync-message'
  | 'deposit';

/** 0 to 5 as in the SSV spec (Alan), 7 and 8 ours. A contribution adds 256 times its subcommittee. */
export const roleNumbers: Readonly<Record<WireRole, number>> = {
  attestation: 0,
  aggregate: 1,
  block: 2,
  contribution: 3,
  registration: 4,
  exit: 5,
  'sync-message': 7,
  deposit: 8,
};

export interface MessageId {
  /** 4 bytes. */
  readonly domain: Uint8Array;
  readonly role: number;
  /** 48 bytes. */
  readonly executor: Uint8Array;
}

export type Executor =
  | { readonly type: 'committee'; readonly id: CommitteeId }
  | { readonly type: 'validator'; readonly key: ValidatorKey };

/** The domain of this software on one chain, 4 bytes. */
export const domainOf = (genesisValidatorsRoot: Root, genesisForkVersion: string): Uint8Array =>
  digest(
    concatBytes(
      new TextEncoder().encode('quorate/1'),
      fromHex(genesisValidatorsRoot, 32),
      fromHex(genesisForkVersion, 4),
    ),
  ).slice(0, 4);

/** sha256 of the ascending operator ids, each as uint32 little-endian. */
export const committeeIdOf = (operators: readonly OperatorId[]): CommitteeId => {
  const bytes = new Uint8Array(4 * operators.length);
  const view = new DataView(bytes.buffer);
  const ascending = [...operators].sort((a, b) => a - b);
  for (const [at, operator] of ascending.entries()) view.setUint32(4 * at, operator, true);
  return toHex(digest(bytes)) as CommitteeId;
};

export const committeeExecutor = (committee: CommitteeId): Uint8Array =>
  concatBytes(new Uint8Array(16), fromHex(committee, 32));

/** No compressed BLS key starts with a zero byte, so the two forms cannot be taken for each other. */
export const parseExecutor = (executor: Uint8Array): Executor =>
  executor.subarray(0, 16).every((byte) => byte === 0)
    ? { type: 'committee', id: toHex(executor.subarray(16)) as CommitteeId }
    : { type: 'validator', key: toHex(executor) as ValidatorKey };

export const messageId = (domain: Uint8Array, role: number, executor: Uint8Array): Uint8Array => {
  if (domain.length !== 4 || executor.length !== 48) throw new RangeError('a message id is 4 + 4 + 48 bytes');
  const roleBytes = new Uint8Array(4);
  new DataView(roleBytes.buffer).setInt32(0, role, true);
  return concatBytes(domain, roleBytes, executor);
};

export const parseMessageId = (bytes: Uint8Array): MessageId | WireError => {
  if (bytes.length !== 56) return wireError('identifier', `message id has ${bytes.length} bytes`);
  const role = new DataView(bytes.buffer, bytes.byteOffset, 8).getInt32(4, true);
  if (role < 0) return wireError('role', `role ${role}`);
  return { domain: bytes.slice(0, 4), role, executor: bytes.slice(8) };
};

/** null for a number that is no role of ours. */
export const parseRole = (
  number: number,
): { readonly role: WireRole; readonly subcommittee: number } | null => {
  const subcommittee = Math.floor(number / 256);
  const base = number % 256;
  for (const [role, roleNumber] of Object.entries(roleNumbers)) {
    if (roleNumber !== base) continue;
    // Mainnet has 4 sync subcommittees; every other role has no such part.
    if (role === 'contribution' ? subcommittee > 3 : subcommittee > 0) return null;
    return { role: role as WireRole, subcommittee };
  }
  return null;
};

/** The role under which something to be signed travels. */
export const roleOf = (type: SignableType): WireRole => {
  switch (type) {
    case 'randao':
      return 'block';
    case 'selection-proof':
      return 'aggregate';
    case 'sync-selection-proof':
      return 'contribution';
    default:
      return type;
  }
};

/** The identifier of a duty's consensus. */
export const dutyMessageId = (domain: Uint8Array, duty: DutyKey): Uint8Array =>
  messageId(
    domain,
    roleNumbers[duty.role] + 256 * duty.subcommittee,
    duty.validator === null ? committeeExecutor(duty.committee) : fromHex(duty.validator, 48),
  );

/** The id under which partial signatures of a role travel; subcommittee only with contributions. */
export const partialsMessageId = (
  domain: Uint8Array,
  role: WireRole,
  committee: CommitteeId,
  subcommittee = 0,
): Uint8Array => messageId(domain, roleNumbers[role] + 256 * subcommittee, committeeExecutor(committee));
