/**
 * PartialSignatureMessages (SSV spec, types): one operator's partial signatures for many validators at one slot.
 */
import { concatBytes } from '../bytes.ts';
import type { SignableType } from '../eth2/signable.ts';
import type { OperatorId } from '../ids.ts';
import { noteY, Y_BYTES, yOf } from '../threshold/known-y.ts';
import { partialMessagesSsz } from './containers.ts';
import { areExact, decodeSsz, inexact } from './decode.ts';
import type { ErrorName, WireError } from './errors.ts';
import { isWireError } from './errors.ts';

/** Numbers of the spec's PartialSigMsgType; 2 and 3 are of its Alan fork, 8 is ours. */
export const partialTypes = {
  'post-consensus': 0,
  randao: 1,
  'selection-proof': 2,
  'sync-selection-proof': 3,
  registration: 4,
  exit: 5,
  deposit: 8,
} as const;

export type PartialType = keyof typeof partialTypes;

export const partialTypeOf = (type: SignableType): PartialType => {
  switch (type) {
    case 'attestation':
    case 'block':
    case 'aggregate':
    case 'sync-message':
    case 'contribution':
      return 'post-consensus';
    case 'randao':
    case 'selection-proof':
    case 'sync-selection-proof':
    case 'registration':
    case 'exit':
    case 'deposit':
      return type;
  }
};

export interface PartialMessage {
  /** 96 bytes, unverified. */
  readonly signature: Uint8Array;
  /** 32 bytes. */
  readonly signingRoot: Uint8Array;
  readonly signer: OperatorId;
  /** The validator's number in the registry. */
  readonly validatorIndex: number;
}

export interface PartialMessages {
  /** One of partialTypes; unknown ones decode, the receiver ignores them. */
  readonly type: number;
  readonly slot: number;
  readonly messages: readonly PartialMessage[];
}

export const encodePartials = (partials: PartialMessages): Uint8Array =>
  partialMessagesSsz.serialize({ ...partials, messages: [...partials.messages] });

/** Shape only; call validatePartials next. */
export const decodePartials = (bytes: Uint8Array): PartialMessages | WireError => {
  const raw = decodeSsz(partialMessagesSsz, bytes, 'partial signatures');
  if (isWireError(raw)) return raw;
  if (!areExact(raw.type, raw.slot)) return inexact('partial signatures');
  if (raw.messages.some((partial) => !areExact(partial.signer, partial.validatorIndex)))
    return inexact('partial signature');
  return { ...raw, messages: raw.messages as unknown as PartialMessage[] };
};

/**
 * The y-coordinates of these partials' points, 96 bytes each, in order; empty unless all of them are known.
 *
 * They travel as the full data of the signed message, which the spec leaves empty here. The operator's signature does not cover
 * them, nor need it: a y that is not the signature's is left aside (partial-point.ts).
 */
export const encodeYs = (messages: readonly PartialMessage[]): Uint8Array => {
  const ys = messages.map(({ signature }) => yOf(signature)).filter((y) => y !== null);
  return ys.length === messages.length ? concatBytes(...ys) : new Uint8Array(0);
};

/** True for bytes that are none, or a y for each of these partials. */
export const areYs = (messages: readonly PartialMessage[], ys: Uint8Array): boolean =>
  ys.length === 0 || ys.length === Y_BYTES * messages.length;

/** Notes what came with these partials; see areYs. Copies, so that one that is kept does not keep what came with a thousand that are not. */
export const noteYs = (messages: readonly PartialMessage[], ys: Uint8Array): void => {
  if (ys.length === 0) return;
  for (const [at, { signature }] of messages.entries())
    noteY(signature, ys.slice(Y_BYTES * at, Y_BYTES * (at + 1)));
};

/** The spec's PartialSignatureMessages.Validate. null: valid. */
export const validatePartials = (partials: PartialMessages): ErrorName | null => {
  const [first] = partials.messages;
  if (first === undefined) return 'no-partials';
  for (const partial of partials.messages) {
    if (partial.signer !== first.signer) return 'inconsistent-signers';
    if (partial.signer === 0) return 'zero-signer';
  }
  return null;
};

/** The spec's ValidateForSigner: the inner signer is the operator whose RSA key signed the envelope. */
export const validatePartialsFor = (partials: PartialMessages, signer: OperatorId): ErrorName | null => {
  const invalid = validatePartials(partials);
  if (invalid !== null) return invalid;
  return partials.messages[0]?.signer === signer ? null : 'partial-signer';
};
