/**
 * What nodes ask one another about decided history, and how it travels: SSZ, bounded, protocol version 1.
 *
 *     newest      for each validator its vote of the highest slot and its highest block. A signer's protection lets no later
 *                 vote have an earlier source, so this holds the highest source as well.
 *     since       votes with proofs and blocks of these validators, from a slot on
 *     range       every decision of a committee within slots
 *
 * An answer is one page; `next` is where the following one begins and means something to its maker only.
 */
import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  UintNumberType,
} from '@chainsafe/ssz';
import { fromHex, toHex } from '../bytes.ts';
import type { DecidedRole } from '../duty/duty.ts';
import { valueBytesMax } from '../duty/value.ts';
import {
  type CommitteeId,
  parseOperatorId,
  parseSlot,
  parseValidatorKey,
  type Slot,
  type ValidatorKey,
} from '../ids.ts';
import { areExact, decodeSsz } from '../wire/decode.ts';
import { isWireError } from '../wire/errors.ts';
import type { Claim, Entry, Proof } from './entry.ts';
import { wholeCluster } from './entry.ts';

/** Validators in one request: their newest votes and blocks fit a page. */
export const validatorsMax = 128;
export const requestBytesMax = 8 * 1024;
/** Servers fill a page to a part of this; the rest is room for the last entry. */
export const pageBytesMax = 1 << 20;
/** Proofs of one entry in one page; more follow on the next. */
export const proofsMax = 256;
const entriesMax = 4096;
const claimsMax = 14;

const kinds = ['newest', 'since', 'range'] as const;
const statuses = ['page', 'busy', 'unknown-committee'] as const;
const memories = ['new', 'catching-up', 'caught-up'] as const;
const roles = ['attestation', 'sync-message', 'block', 'aggregate', 'contribution'] as const;

/** Where a page ends: slot, then two numbers of the maker's own. */
export type Cursor = readonly [number, number, number];

export interface HistoryRequest {
  readonly kind: (typeof kinds)[number];
  readonly committee: CommitteeId;
  /** Inclusive. `since` reads `from` only, `newest` neither. */
  readonly from: Slot;
  readonly to: Slot;
  /** At most validatorsMax; empty for `range`. */
  readonly validators: readonly ValidatorKey[];
  readonly after: Cursor | null;
}

export interface HistoryPage {
  readonly entries: readonly Entry[];
  /** null: this was the last page. */
  readonly next: Cursor | null;
}

export type HistoryResponse =
  | ({
      readonly type: 'page';
      /** What the answering node says of itself; worth a log line, nothing rests on it. */
      readonly memory: (typeof memories)[number];
    } & HistoryPage)
  | { readonly type: 'busy' | 'unknown-committee' };

const uint64 = new UintNumberType(8);
const cursorSsz = new ListBasicType(uint64, 3);
const validatorSsz = new ByteVectorType(48);

const requestSsz = new ContainerType({
  kind: uint64,
  committee: new ByteVectorType(32),
  from: uint64,
  to: uint64,
  validators: new ListCompositeType(validatorSsz, validatorsMax),
  after: cursorSsz,
});

const proofSsz = new ContainerType({
  validator: validatorSsz,
  index: uint64,
  claims: new ListCompositeType(
    new ContainerType({ by: uint64, signature: new ByteVectorType(96) }),
    claimsMax,
  ),
});

const entrySsz = new ContainerType({
  committee: new ByteVectorType(32),
  role: uint64,
  slot: uint64,
  validator: new ByteListType(48),
  subcommittee: uint64,
  round: uint64,
  value: new ByteListType(valueBytesMax),
  operators: new ListBasicType(uint64, 13),
  signatures: new ListCompositeType(new ByteVectorType(256), 13),
  proofs: new ListCompositeType(proofSsz, proofsMax),
});

const responseSsz = new ContainerType({
  status: uint64,
  memory: uint64,
  entries: new ListCompositeType(entrySsz, entriesMax),
  next: cursorSsz,
});

export const encodeRequest = (request: HistoryRequest): Uint8Array =>
  requestSsz.serialize({
    kind: kinds.indexOf(request.kind),
    committee: fromHex(request.committee, 32),
    from: request.from,
    to: request.to,
    validators: request.validators.map((key) => fromHex(key, 48)),
    after: [...(request.after ?? [])],
  });

/** null for anything that is not such a request. */
export const decodeRequest = (bytes: Uint8Array): HistoryRequest | null => {
  if (bytes.length > requestBytesMax) return null;
  const raw = decodeSsz(requestSsz, bytes, 'history request');
  if (isWireError(raw)) return null;
  const kind = kinds[raw.kind];
  const [from, to] = [parseSlot(raw.from), parseSlot(raw.to)];
  const after = cursorOf(raw.after);
  if (kind === undefined || from === null || to === null || after === undefined) return null;
  const validators = raw.validators.map((key) => toHex(key) as ValidatorKey);
  if ((kind === 'range') !== (validators.length === 0)) return null;
  return { kind, committee: toHex(raw.committee) as CommitteeId, from, to, validators, after };
};

export const encodeResponse = (response: HistoryResponse): Uint8Array =>
  responseSsz.serialize({
    status: statuses.indexOf(response.type),
    memory: response.type === 'page' ? memories.indexOf(response.memory) : 0,
    entries: response.type === 'page' ? response.entries.map(rawEntry) : [],
    next: response.type === 'page' ? [...(response.next ?? [])] : [],
  });

/** null for anything that is not such a response. Shapes only: nothing in it is verified. */
export const decodeResponse = (bytes: Uint8Array): HistoryResponse | null => {
  if (bytes.length > pageBytesMax) return null;
  const raw = decodeSsz(responseSsz, bytes, 'history response');
  if (isWireError(raw)) return null;
  const [type, memory, next] = [statuses[raw.status], memories[raw.memory], cursorOf(raw.next)];
  if (type === undefined || memory === undefined || next === undefined) return null;
  if (type !== 'page') return { type };
  const entries = raw.entries.map(entryOf).filter((entry) => entry !== null);
  return entries.length === raw.entries.length ? { type, memory, entries, next } : null;
};

type RawEntry = ReturnType<typeof responseSsz.deserialize>['entries'][number];
type RawProof = RawEntry['proofs'][number];

const rawEntry = ({ certificate, proofs }: Entry) => ({
  committee: fromHex(certificate.duty.committee, 32),
  role: roles.indexOf(certificate.duty.role),
  slot: certificate.duty.slot as number,
  validator:
    certificate.duty.validator === null ? new Uint8Array(0) : fromHex(certificate.duty.validator, 48),
  subcommittee: certificate.duty.subcommittee,
  round: certificate.round,
  value: certificate.value,
  operators: [...certificate.operators],
  signatures: [...certificate.signatures],
  proofs: proofs.map((proof) => ({
    validator: fromHex(proof.validator, 48),
    index: proof.index,
    claims: proof.claims.map(({ by, signature }) => ({ by: by as number, signature })),
  })),
});

const entryOf = (raw: RawEntry): Entry | null => {
  const role: DecidedRole | undefined = roles[raw.role];
  const slot = parseSlot(raw.slot);
  const validator = raw.validator.length === 0 ? null : parseValidatorKey(toHex(raw.validator));
  const operators = raw.operators.map(parseOperatorId).filter((operator) => operator !== null);
  const proofs = raw.proofs.map(proofOf).filter((proof) => proof !== null);
  if (role === undefined || slot === null || raw.round < 1 || !areExact(raw.round)) return null;
  if (operators.length !== raw.operators.length || proofs.length !== raw.proofs.length) return null;
  if (raw.validator.length > 0 && validator === null) return null;
  if (raw.subcommittee > (role === 'contribution' ? 3 : 0)) return null;
  const duty = {
    committee: toHex(raw.committee) as CommitteeId,
    role,
    slot,
    validator,
    subcommittee: raw.subcommittee,
  };
  return {
    certificate: { duty, round: raw.round, value: raw.value, operators, signatures: raw.signatures },
    proofs,
  };
};

const proofOf = (raw: RawProof): Proof | null => {
  const claims = raw.claims.map(({ by, signature }): Claim | null => {
    const operator = by === wholeCluster ? wholeCluster : parseOperatorId(by);
    return operator === null ? null : { by: operator, signature };
  });
  const whole = claims.filter((claim) => claim !== null);
  if (whole.length !== claims.length || !areExact(raw.index)) return null;
  return { validator: toHex(raw.validator) as ValidatorKey, index: raw.index, claims: whole };
};

/** undefined where it is neither absent nor whole. */
const cursorOf = (raw: readonly number[]): Cursor | null | undefined => {
  if (raw.length === 0) return null;
  const [slot, first, second] = raw;
  if (slot === undefined || first === undefined || second === undefined) return undefined;
  return areExact(slot, first, second) ? [slot, first, second] : undefined;
};
