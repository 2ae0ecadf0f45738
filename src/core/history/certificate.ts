/**
 * Certificates in their compact form, and back to the message that the operators signed.
 *
 * All signers of a certificate signed the same commit, whose bytes follow from duty, round and value: the honest ones write
 * it in one way only. What was signed in another way has no honest signer, or is not a commit, and has no compact form.
 */
import { digest } from '@chainsafe/as-sha256';
import { equalBytes } from '../bytes.ts';
import type { DutyKey } from '../duty/duty.ts';
import type { OperatorId, Slot } from '../ids.ts';
import type { Committee } from '../registry/committee.ts';
import { isWireError } from '../wire/errors.ts';
import { dutyMessageId } from '../wire/message-id.ts';
import { decodeQbftMessage, encodeQbftMessage } from '../wire/qbft-message.ts';
import { encodeSsvMessage, type SignedMessage, type SsvMessage } from '../wire/signed.ts';
import type { Certificate } from './entry.ts';

const commitOf = (domain: Uint8Array, { duty, round, value }: Certificate): SsvMessage => {
  const identifier = dutyMessageId(domain, duty);
  const data = encodeQbftMessage({
    type: 'commit',
    height: duty.slot,
    round,
    identifier,
    root: digest(value),
    dataRound: 0,
    roundChangeJustification: [],
    prepareJustification: [],
  });
  return { type: 'consensus', id: identifier, data };
};

/** The aggregated commit as it travelled. */
export const messageOf = (domain: Uint8Array, certificate: Certificate): SignedMessage => ({
  signatures: certificate.signatures,
  operators: certificate.operators,
  message: commitOf(domain, certificate),
  fullData: certificate.value,
});

/** null where the message is not the certificate of this duty in the one form that honest operators write. */
export const certificateOf = (
  domain: Uint8Array,
  duty: DutyKey,
  signed: SignedMessage,
): Certificate | null => {
  const message = decodeQbftMessage(signed.message.data);
  if (isWireError(message) || signed.operators.length !== signed.signatures.length) return null;
  const order = signed.operators.map((_, at) => at);
  order.sort((a, b) => (signed.operators[a] ?? 0) - (signed.operators[b] ?? 0));
  const certificate: Certificate = {
    duty,
    round: message.round,
    value: signed.fullData,
    operators: order.map((at) => signed.operators[at] as OperatorId),
    signatures: order.map((at) => signed.signatures[at] as Uint8Array),
  };
  const same = equalBytes(encodeSsvMessage(commitOf(domain, certificate)), encodeSsvMessage(signed.message));
  return same ? certificate : null;
};

/** Verifies one operator's signature of some bytes: under any of its keys that count in `slot`, under its present one without. */
export type VerifyOperator = (
  operator: OperatorId,
  data: Uint8Array,
  signature: Uint8Array,
  slot?: Slot,
) => boolean;

/** Complete judgement against the committee that the duty names. null: a quorum of it decided this. */
export const judgeCertificate = (
  domain: Uint8Array,
  certificate: Certificate,
  committee: Committee,
  verify: VerifyOperator,
): string | null => {
  const { duty, operators, signatures } = certificate;
  if (duty.committee !== committee.id) return 'of another committee';
  if (operators.length < committee.quorum || operators.length !== signatures.length)
    return 'signed by less than a quorum';
  // Strictly ascending, so that a quorum by number is one by operators.
  if (operators.some((operator, at) => at > 0 && operator <= (operators[at - 1] ?? 0)))
    return 'signed twice by one operator';
  if (operators.some((operator) => !committee.operators.includes(operator)))
    return 'signed by an operator outside the committee';
  const data = encodeSsvMessage(commitOf(domain, certificate));
  const good = operators.every((operator, at) => {
    const signature = signatures[at];
    return (
      signature !== undefined && signature.length === 256 && verify(operator, data, signature, duty.slot)
    );
  });
  return good ? null : 'an operator signature does not verify';
};
