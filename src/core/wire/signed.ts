/**
 * SSVMessage and SignedSSVMessage (SSV spec, types): who says what in which duty, under which operators' signatures.
 *
 * The RSA signatures cover the SSZ bytes of the inner message only; full data is bound through the root that it hashes to (or to
 * the signatures that it belongs to, see partial.ts), and the list of operators through whose key verifies. Checking signatures is left to the caller.
 */
import type { OperatorId } from '../ids.ts';
import { signedMessageSsz, ssvMessageSsz } from './containers.ts';
import { areExact, decodeSsz, inexact } from './decode.ts';
import type { ErrorName, WireError } from './errors.ts';
import { isWireError, wireError } from './errors.ts';

/** In the order of their numbers on the wire. `hint` is ours; the spec's own validation refuses it. */
const types = ['consensus', 'partial-signature', 'dkg', 'hint'] as const;

export type SsvMessageType = (typeof types)[number];

export interface SsvMessage {
  readonly type: SsvMessageType;
  /** 56 bytes: see message-id.ts. */
  readonly id: Uint8Array;
  /** SSZ of a QbftMessage, of PartialMessages or of a Hint, by type. */
  readonly data: Uint8Array;
}

export interface SignedMessage {
  /** One per operator, same order. */
  readonly signatures: readonly Uint8Array[];
  readonly operators: readonly OperatorId[];
  readonly message: SsvMessage;
  /**
   * The value behind a QBFT message's root, or the y-coordinates of partial signatures; empty where there is none or it is left out
   * (inside justifications).
   */
  readonly fullData: Uint8Array;
}

/** Bytes of the largest signed message, for the transport's limit. */
export const signedBytesMax = signedMessageSsz.maxSize;

const rawMessage = (message: SsvMessage) => ({ ...message, type: types.indexOf(message.type) });

/** What operators sign. */
export const encodeSsvMessage = (message: SsvMessage): Uint8Array =>
  ssvMessageSsz.serialize(rawMessage(message));

export const encodeSigned = (signed: SignedMessage): Uint8Array =>
  signedMessageSsz.serialize({
    signatures: [...signed.signatures],
    operators: [...signed.operators],
    message: rawMessage(signed.message),
    fullData: signed.fullData,
  });

export const withoutFullData = (signed: SignedMessage): SignedMessage =>
  signed.fullData.length === 0 ? signed : { ...signed, fullData: new Uint8Array(0) };

/** Shape only: an operator id may still be zero, unknown or repeated. Call validateSigned or validateSigners next. */
export const decodeSigned = (bytes: Uint8Array): SignedMessage | WireError => {
  const raw = decodeSsz(signedMessageSsz, bytes, 'signed message');
  if (isWireError(raw)) return raw;
  const type = types[raw.message.type];
  if (type === undefined) return wireError('message-type', 'ssv message of an unknown type');
  if (!areExact(...raw.operators)) return inexact('signed message');
  return { ...raw, operators: raw.operators as OperatorId[], message: { ...raw.message, type } };
};

/** The spec's SignedSSVMessage.Validate without its look at the inner message. null: valid. */
export const validateSigners = (signed: SignedMessage): ErrorName | null => {
  const { operators, signatures } = signed;
  if (operators.length === 0) return 'no-signers';
  for (let at = 0; at < operators.length; at++) {
    const operator = operators[at] as OperatorId;
    if (operators.indexOf(operator) !== at) return 'duplicate-signer';
    if (operator === 0) return 'zero-signer';
  }
  if (signatures.length === 0) return 'no-signatures';
  if (signatures.some((signature) => signature.length === 0)) return 'empty-signature';
  if (signatures.length !== operators.length) return 'signature-count';
  return null;
};

/** The spec's SSVMessage.Validate: a type that it knows and a role that is not negative. null: valid. */
export const validateSsvMessage = (message: SsvMessage): ErrorName | null => {
  if (message.type === 'hint') return 'message-type';
  // The role is an int32 after the domain; the top bit of its last byte is the sign.
  return ((message.id[7] ?? 0) & 0x80) === 0 ? null : 'role';
};

/** The spec's SignedSSVMessage.Validate. null: valid. */
export const validateSigned = (signed: SignedMessage): ErrorName | null =>
  validateSigners(signed) ?? validateSsvMessage(signed.message);
