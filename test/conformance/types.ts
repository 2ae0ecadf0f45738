/**
 * Vectors of the spec's types that this project has too: encodings, validations, sizes, quorums, message ids.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { countSigners } from '../../src/core/qbft/quorum.ts';
import {
  beaconVoteSsz,
  partialMessagesSsz,
  partialSsz,
  qbftMessageSsz,
  signedMessageSsz,
  ssvMessageSsz,
} from '../../src/core/wire/containers.ts';
import { isWireError } from '../../src/core/wire/errors.ts';
import { parseExecutor, parseMessageId } from '../../src/core/wire/message-id.ts';
import {
  decodePartials,
  encodePartials,
  type PartialMessage,
  type PartialMessages,
  validatePartials,
} from '../../src/core/wire/partial.ts';
import { encodeQbftMessage } from '../../src/core/wire/qbft-message.ts';
import {
  decodeSigned,
  encodeSigned,
  encodeSsvMessage,
  validateSigned,
  validateSigners,
} from '../../src/core/wire/signed.ts';
import { fromBase64, fromPlainHex, qbftFromJson, signedFromJson, toPlainHex } from './go-json.ts';
import { publicKeyOf, verifyWith } from './keys.ts';
import { codeOf } from './node.ts';
import type { Json } from './vectors.ts';

interface Ssz {
  deserialize(bytes: Uint8Array): unknown;
  serialize(value: unknown): Uint8Array;
  hashTreeRoot(value: unknown): Uint8Array;
}

/** EncodingTest of one container: decode, encode again, root. */
export const runEncoding = (container: unknown) => {
  const ssz = container as Ssz;
  return (json: Json): void => {
    const bytes = fromBase64(json.Data);
    const value = ssz.deserialize(bytes);
    equal(toPlainHex(ssz.serialize(value)), toPlainHex(bytes), 'encoding');
    if (json.ExpectedRoot)
      equal(toPlainHex(ssz.hashTreeRoot(value)), toPlainHex(Uint8Array.from(json.ExpectedRoot)), 'root');
  };
};

export const runSignedMessage = (json: Json): void => {
  let lastError = 0;
  json.Messages.forEach((message: Json, at: number) => {
    const signed = signedFromJson(message);
    // Our values cannot lack the inner message; the spec looks for it after the signers.
    const invalid =
      validateSigners(signed) ?? (message.SSVMessage === null ? 'no-message' : validateSigned(signed));
    if (invalid !== null) lastError = codeOf(invalid);
    else deepEqual(decodeSigned(encodeSigned(signed)), signed, 'round trip');
    const key = json.RSAPublicKey?.[at];
    const [signature] = signed.signatures;
    if (key && signature)
      equal(verifyWith(publicKeyOf(key), signed.message, signature), true, 'RSA signature');
  });
  equal(lastError, json.ExpectedErrorCode, 'error code');
};

export const partialFromJson = (json: Json): PartialMessage => ({
  signature: fromPlainHex(json.PartialSignature),
  signingRoot: fromPlainHex(json.SigningRoot),
  signer: json.Signer,
  validatorIndex: Number(json.ValidatorIndex),
});

const partialsFromJson = (json: Json): PartialMessages => ({
  type: json.Type,
  slot: Number(json.Slot),
  messages: (json.Messages ?? []).map(partialFromJson),
});

export const runPartials = (json: Json): void => {
  let lastError = 0;
  json.Messages.forEach((message: Json, at: number) => {
    const partials = partialsFromJson(message);
    const invalid = validatePartials(partials);
    if (invalid !== null) lastError = codeOf(invalid);
    const bytes = encodePartials(partials);
    // An invalid message may leave out the signature, which has 96 bytes on the wire whatever it holds.
    if (invalid === null) deepEqual(decodePartials(bytes), partials, 'round trip');
    if (json.EncodedMessages)
      equal(toPlainHex(bytes), toPlainHex(fromBase64(json.EncodedMessages[at])), 'encoding');
    if (json.ExpectedRoots) {
      const root = partialMessagesSsz.hashTreeRoot(partialMessagesSsz.deserialize(bytes));
      equal(toPlainHex(root), toPlainHex(Uint8Array.from(json.ExpectedRoots[at])), 'root');
    }
  });
  equal(lastError, json.ExpectedErrorCode, 'error code');
};

export const runCommittee = (json: Json): void => {
  const { CommitteeMember: member, Message: message } = json;
  const signed = signedFromJson(message);
  const signers = countSigners(signed.operators.map((signer) => ({ signer })));
  equal(signers >= 2 * member.FaultyNodes + 1, json.ExpectedHasQuorum, 'quorum');
  equal(signers === member.Committee.length, json.ExpectedFullCommittee, 'whole committee');
  equal(codeOf(validateSigned(signed)), json.ExpectedErrorCode, 'error code');
};

/** The validator that the spec's tests of message ids ask about: its key is in the file that says `belongs`. */
const validator =
  '0x8e80066551a81b318258709edaf7dd1f63cd686a0e4db8b29bbb7acfe65608677af5a527d9448ee47835485e02b50bc0';

export const runMessageId = (json: Json): void => {
  for (const text of json.MessageIDs) {
    const id = parseMessageId(fromPlainHex(text));
    if (isWireError(id)) throw new Error(id.detail);
    const executor = parseExecutor(id.executor);
    equal(executor.type === 'validator' && executor.key === validator, json.BelongsToValidator);
  }
};

/** StructureSizeTest: our containers encode the object, or reach exactly the size that the spec calls its maximum. */
export const runSize = (json: Json): void => {
  const { Object: object, ExpectedEncodedLength: expected, IsMaxSize: isMax } = json;
  equal(sizeOf(object), expected, 'encoded length');
  if (isMax) equal(maxOf(object), expected, 'largest length');
};

const sizeOf = (object: Json): number => {
  if ('Signatures' in object) return encodeSigned(signedFromJson(object)).length;
  if ('MsgID' in object)
    return encodeSsvMessage(signedFromJson({ SSVMessage: object, FullData: null }).message).length;
  if ('DataRound' in object) return encodeQbftMessage(qbftFromJson(object)).length;
  if ('PartialSignature' in object)
    return encodePartials({ type: 0, slot: 0, messages: [partialFromJson(object)] }).length - 20;
  if ('Messages' in object) return encodePartials(partialsFromJson(object)).length;
  return beaconVoteSsz.fixedSize ?? 0;
};

const maxOf = (object: Json): number => {
  if ('Signatures' in object) return signedMessageSsz.maxSize;
  if ('MsgID' in object) return ssvMessageSsz.maxSize;
  if ('DataRound' in object) return qbftMessageSsz.maxSize;
  if ('PartialSignature' in object) return partialSsz.maxSize;
  if ('Messages' in object) return partialMessagesSsz.maxSize;
  return beaconVoteSsz.maxSize;
};
