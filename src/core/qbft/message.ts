/**
 * Messages as the rules see them: opened, with one named signer; and our own, as they go out.
 */
import { equalBytes } from '../bytes.ts';
import type { OperatorId } from '../ids.ts';
import type { ErrorName, WireError } from '../wire/errors.ts';
import { isWireError, wireError } from '../wire/errors.ts';
import type { QbftMessage, QbftMessageType } from '../wire/qbft-message.ts';
import { type SignedMessage, validateSigned } from '../wire/signed.ts';
import type { QbftConfig } from './config.ts';

/** A message in its envelope. `signer` is the first signer; checkEnvelope tells whether it is the only one. */
export interface Received {
  readonly signed: SignedMessage;
  readonly message: QbftMessage;
  readonly signer: OperatorId;
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a === b || equalBytes(a, b);

/** Opens an envelope of this duty. Its signers are not judged yet. */
export const openEnvelope = (config: QbftConfig, signed: SignedMessage): Received | WireError => {
  if (signed.message.type !== 'consensus') return wireError('message-type', 'not a consensus message');
  const message = config.codec.open(signed.message.data);
  if (isWireError(message)) return message;
  // Without this, a justification made for another duty of the same slot could be replayed in ours. Honest operators put the
  // same identifier in both places, so either check would do; a message with two different ones is nobody's.
  if (!sameBytes(message.identifier, config.identifier) || !sameBytes(signed.message.id, config.identifier)) {
    return wireError('identifier', 'message of another duty');
  }
  return { signed, message, signer: signed.operators[0] ?? (0 as OperatorId) };
};

/** Decodes and opens one element of a justification. */
export const openElement = (config: QbftConfig, element: Uint8Array): Received | WireError => {
  const signed = config.codec.decode(element);
  if (isWireError(signed)) return signed;
  const invalid = validateSigned(signed);
  return invalid === null ? openEnvelope(config, signed) : wireError(invalid, 'justification');
};

/** Height and signer of a message that one member of the committee must have sent; its signers are valid. null: in order. */
export const checkEnvelope = (config: QbftConfig, received: Received): ErrorName | null => {
  const { message, signed } = received;
  if (message.height !== config.height) return 'wrong-height';
  if (signed.operators.some((operator) => !config.committee.includes(operator)))
    return 'signer-not-in-committee';
  return signed.operators.length === 1 ? null : 'one-signer-only';
};

const noRoot = new Uint8Array(32);

/** A message of ours; the caller wraps and signs it. */
export const createMessage = (
  config: QbftConfig,
  type: QbftMessageType,
  round: number,
  rest: Partial<
    Pick<QbftMessage, 'root' | 'dataRound' | 'roundChangeJustification' | 'prepareJustification'>
  >,
): QbftMessage => ({
  type,
  height: config.height,
  round,
  identifier: config.identifier,
  root: rest.root ?? noRoot,
  dataRound: rest.dataRound ?? 0,
  roundChangeJustification: rest.roundChangeJustification ?? [],
  prepareJustification: rest.prepareJustification ?? [],
});
