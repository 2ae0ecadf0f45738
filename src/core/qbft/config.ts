/**
 * What an instance is told once: who takes part, what it is about, and the few questions that only the outside can answer.
 */
import { digest } from '@chainsafe/as-sha256';
import type { OperatorId } from '../ids.ts';
import type { WireError } from '../wire/errors.ts';
import { decodeQbftMessage, type QbftMessage } from '../wire/qbft-message.ts';
import { decodeSigned, encodeSigned, type SignedMessage } from '../wire/signed.ts';

/** How messages become bytes and back. Production uses `wireCodec`; a simulation may use a cheaper one. */
export interface Codec {
  /** The QBFT message in an envelope's data. */
  readonly open: (data: Uint8Array) => QbftMessage | WireError;
  /** A justification element and back; elements carry no full data. */
  readonly decode: (element: Uint8Array) => SignedMessage | WireError;
  readonly encode: (signed: SignedMessage) => Uint8Array;
  /** The root of a value. */
  readonly hash: (value: Uint8Array) => Uint8Array;
}

export interface QbftConfig {
  /** Ascending by id. */
  readonly committee: readonly OperatorId[];
  readonly self: OperatorId;
  /** 56 bytes: the duty's message id. Messages of any other duty are refused, also inside justifications. */
  readonly identifier: Uint8Array;
  /** The slot. */
  readonly height: number;
  /** 2f + 1. */
  readonly quorum: number;
  /** f. */
  readonly faulty: number;
  readonly leader: (round: number) => OperatorId;
  /** From this round on the instance takes nothing but certificates. */
  readonly cutOffRound: number;
  /** True where every signature of the message verifies under its operator's key. */
  readonly verify: (signed: SignedMessage) => boolean;
  /** True where we would sign this value. Asked again for every proposal, as the answer may change with time. */
  readonly accepts: (value: Uint8Array) => boolean;
  readonly codec: Codec;
}

export const wireCodec: Codec = {
  open: decodeQbftMessage,
  decode: decodeSigned,
  encode: encodeSigned,
  hash: digest,
};
