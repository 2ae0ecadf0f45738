/**
 * qbft.Message (SSV spec, qbft): one step of one operator in one consensus instance.
 *
 * `root` is the plain sha256 of the full data, not an SSZ root. Justifications are SSZ signed messages without full data: in a
 * proposal, round changes and prepares; in a round change, `roundChangeJustification` holds the prepares (sic) of the prepared
 * round. They stay bytes here; core/qbft opens and judges them.
 */
import { qbftMessageSsz, signedMessageSsz } from './containers.ts';
import { areExact, decodeSsz, inexact } from './decode.ts';
import type { WireError } from './errors.ts';
import { isWireError, wireError } from './errors.ts';

/** In the order of their numbers on the wire. */
const types = ['proposal', 'prepare', 'commit', 'round-change'] as const;

export type QbftMessageType = (typeof types)[number];

export interface QbftMessage {
  readonly type: QbftMessageType;
  /** The slot. */
  readonly height: number;
  /** From 1. */
  readonly round: number;
  /** 56 bytes: the duty's message id. */
  readonly identifier: Uint8Array;
  /** 32 bytes. All zero in a round change of an operator that has prepared nothing. */
  readonly root: Uint8Array;
  /** In a round change: the round in which `root` was prepared, 0 for none. Otherwise 0. */
  readonly dataRound: number;
  readonly roundChangeJustification: readonly Uint8Array[];
  readonly prepareJustification: readonly Uint8Array[];
}

export const encodeQbftMessage = (message: QbftMessage): Uint8Array =>
  qbftMessageSsz.serialize({
    ...message,
    type: types.indexOf(message.type),
    roundChangeJustification: [...message.roundChangeJustification],
    prepareJustification: [...message.prepareJustification],
  });

/** Decodes and applies the spec's Message.Validate, in its order. */
export const decodeQbftMessage = (bytes: Uint8Array): QbftMessage | WireError => {
  const raw = decodeSsz(qbftMessageSsz, bytes, 'qbft message');
  if (isWireError(raw)) return raw;
  if (raw.identifier.length !== 56)
    return wireError('identifier', `identifier has ${raw.identifier.length} bytes`);
  for (const elements of [raw.roundChangeJustification, raw.prepareJustification]) {
    for (const element of elements) {
      const inner = decodeSsz(signedMessageSsz, element, 'justification');
      if (isWireError(inner)) return inner;
    }
  }
  const type = types[raw.type];
  if (type === undefined) return wireError('message-type', 'qbft message of an unknown type');
  if (raw.round === 0) return wireError('round', 'round 0');
  if (!areExact(raw.height, raw.round, raw.dataRound)) return inexact('qbft message');
  return { ...raw, type };
};
