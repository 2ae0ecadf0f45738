/**
 * Vectors about single messages: tests.MsgSpecTest, tests.CreateMsgSpecTest, tests.RoundRobinSpecTest.
 */
import { deepEqual, equal } from 'node:assert/strict';
import type { OperatorId } from '../../src/core/ids.ts';
import { wireCodec } from '../../src/core/qbft/config.ts';
import { createMessage, type Received } from '../../src/core/qbft/message.ts';
import { leaderOf } from '../../src/core/qbft/quorum.ts';
import { enterRound } from '../../src/core/qbft/round-change.ts';
import { createInstance } from '../../src/core/qbft/state.ts';
import { isWireError } from '../../src/core/wire/errors.ts';
import { decodeQbftMessage, encodeQbftMessage, type QbftMessage } from '../../src/core/wire/qbft-message.ts';
import { decodeSigned, encodeSigned, validateSigned, withoutFullData } from '../../src/core/wire/signed.ts';
import { signedRoot } from './compare.ts';
import { fromBase64, fromPlainHex, receivedFromJson, signedFromJson, toPlainHex } from './go-json.ts';
import type { Signer } from './keys.ts';
import { codeOf, configOf } from './node.ts';
import type { Json } from './vectors.ts';

export const runMsgSpec = (json: Json): void => {
  let lastError = 0;
  (json.Messages ?? []).forEach((message: Json, at: number) => {
    const signed = signedFromJson(message);
    const opened = decodeQbftMessage(signed.message.data);
    const error = validateSigned(signed) ?? (isWireError(opened) ? opened.name : null);
    if (error !== null) lastError = codeOf(error);

    const bytes = encodeSigned(signed);
    if (json.EncodedMessages) {
      equal(toPlainHex(bytes), toPlainHex(fromBase64(json.EncodedMessages[at])), 'encoding');
      deepEqual(decodeSigned(bytes), signed, 'decoding');
      if (!isWireError(opened)) equal(toPlainHex(encodeQbftMessage(opened)), toPlainHex(signed.message.data));
    }
    if (json.ExpectedRoots)
      equal(signedRoot(signed), toPlainHex(Uint8Array.from(json.ExpectedRoots[at])), 'root');
  });
  equal(lastError, json.ExpectedErrorCode, 'error code');
};

const encodeAll = (messages: Json): Uint8Array[] =>
  (messages ?? []).map((message: Json) => encodeSigned(withoutFullData(signedFromJson(message))));

/**
 * The spec builds its round change from a state that was prepared by the given prepares, and leaves them out of the message if
 * they are no quorum; our state cannot be prepared without one, so here that case is made by hand.
 */
const createRoundChange = (
  json: Json,
  config: Parameters<typeof enterRound>[0],
): readonly [QbftMessage, Uint8Array] => {
  const prepares: Received[] = (json.PrepareJustifications ?? []).map(receivedFromJson);
  const first = prepares[0];
  const prepared = first
    ? {
        prepares: prepares.length >= config.quorum ? prepares : [],
        preparedRound: first.message.round,
        prepared: { bytes: fromBase64(json.StateValue), root: first.message.root },
      }
    : {};
  const { effects } = enterRound(config, { ...createInstance(), ...prepared }, 1);
  const [sent] = effects;
  if (sent?.type !== 'broadcast') throw new Error('a new round is announced first');
  return [sent.message, sent.fullData];
};

const createSingle = (
  json: Json,
  config: Parameters<typeof enterRound>[0],
): readonly [QbftMessage, Uint8Array] => {
  const root = fromPlainHex(json.Value);
  switch (json.CreateType) {
    case 'createProposal': {
      const justification = {
        roundChangeJustification: encodeAll(json.RoundChangeJustifications),
        prepareJustification: encodeAll(json.PrepareJustifications),
      };
      return [
        createMessage(config, 'proposal', json.Round, { root, ...justification }),
        fromBase64(json.StateValue),
      ];
    }
    case 'CreatePrepare':
      return [createMessage(config, 'prepare', json.Round, { root }), new Uint8Array(0)];
    case 'CreateCommit':
      return [createMessage(config, 'commit', json.Round, { root }), new Uint8Array(0)];
    case 'CreateRoundChange':
      return createRoundChange(json, config);
    default:
      throw new Error(`unknown kind of message: ${json.CreateType}`);
  }
};

export const runCreateMsg = (json: Json, signer: (size: number) => Signer, standard: Json): void => {
  // Half of the files leave the committee out; they mean the four standard operators.
  const member = json.CommitteeMember.Committee === null ? standard : json.CommitteeMember;
  const config = configOf(member, fromBase64(json.Identifier), 0, 1);
  const [message, fullData] = createSingle(json, config);
  const inner = { type: 'consensus', id: config.identifier, data: encodeQbftMessage(message) } as const;
  const signed = {
    signatures: [signer(member.Committee.length)(1, inner)],
    operators: [1 as OperatorId],
    message: inner,
    fullData,
  };
  equal(signedRoot(signed), json.ExpectedRoot, 'root');
  equal(wireCodec.open(inner.data).type, message.type);
};

export const runRoundRobin = (json: Json): void => {
  const committee: OperatorId[] = json.Share.Committee.map((one: Json) => one.OperatorID);
  committee.sort((a, b) => a - b);
  const leaders = json.Heights.map((height: number, at: number) =>
    leaderOf(committee, height, json.Rounds[at]),
  );
  deepEqual(leaders, json.Proposers);
};
