/**
 * What a Byzantine operator does with the messages that an honest one in its place would send, one move per guard.
 *
 * It has its own operator key only: it can sign anything under its own name, and nothing under another's.
 */
import { createHash } from 'node:crypto';
import type { OperatorId } from '../../../src/core/ids.ts';
import { encodeVote } from '../../../src/core/wire/beacon-vote.ts';
import { isWireError } from '../../../src/core/wire/errors.ts';
import { decodeHint, encodeHint } from '../../../src/core/wire/hint.ts';
import { decodePartials, encodePartials, type PartialMessage } from '../../../src/core/wire/partial.ts';
import {
  decodeQbftMessage,
  encodeQbftMessage,
  type QbftMessage,
} from '../../../src/core/wire/qbft-message.ts';
import {
  decodeSigned,
  encodeSigned,
  encodeSsvMessage,
  type SignedMessage,
} from '../../../src/core/wire/signed.ts';
import type { Random } from '../../fakes/random.ts';
import { operatorSignature } from '../../fakes/signing.ts';
import type { Tamper } from './network.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
const empty = new Uint8Array(0);

const flip = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ 1;
  return copy;
};

const withByte = (bytes: Uint8Array, at: number, byte: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = byte;
  return copy;
};

export const createTraitor = (self: OperatorId, random: Random, camp: ReadonlySet<OperatorId>): Tamper => {
  const past: Uint8Array[] = [];

  const sign = (signed: SignedMessage, data: Uint8Array, fullData = signed.fullData): Uint8Array => {
    const message = { ...signed.message, data };
    return encodeSigned({
      signatures: [operatorSignature(self, encodeSsvMessage(message))],
      operators: [self],
      message,
      fullData,
    });
  };

  /** Another value of the same shape: for a vote another head, for a header another body. */
  const otherValue = (value: Uint8Array): Uint8Array =>
    value.length === 0 ? value : flip(value, value.length === 112 ? 3 : value.length - 1);

  const consensusMoves = (signed: SignedMessage, qbft: QbftMessage): (() => readonly Uint8Array[])[] => {
    const say = (change: Partial<QbftMessage>, fullData = signed.fullData): Uint8Array =>
      sign(signed, encodeQbftMessage({ ...qbft, ...change }), fullData);
    const other = otherValue(signed.fullData.length > 0 ? signed.fullData : encodeVote(noVote));
    const otherRoot = sha256(other);
    const asProposal = (change: Partial<QbftMessage>): Uint8Array =>
      say(
        { type: 'proposal', roundChangeJustification: [], prepareJustification: [], dataRound: 0, ...change },
        other,
      );
    return [
      // Equivocates: another value or root than the other camp hears.
      () => [say({ root: otherRoot }, signed.fullData.length > 0 ? other : empty)],
      // Says both to everyone.
      () => [say({}), say({ root: otherRoot }, signed.fullData.length > 0 ? other : empty)],
      // Proposes without being leader, or against what was prepared, without justification.
      () => [asProposal({ root: otherRoot })],
      () => [asProposal({ root: otherRoot, round: qbft.round + 1 })],
      // Replays its round-change and prepare justifications for another value.
      () => [say({ type: 'proposal', root: otherRoot }, other)],
      // Full data that is not what the root says.
      () => [say({}, other)],
      // Claims to have prepared another value, or nothing at all.
      () => [
        say(
          {
            type: 'round-change',
            dataRound: Math.max(1, qbft.round - 1),
            root: otherRoot,
            round: qbft.round + 1,
          },
          other,
        ),
      ],
      () => [
        say(
          {
            type: 'round-change',
            dataRound: 0,
            root: new Uint8Array(32),
            roundChangeJustification: [],
            round: qbft.round + 1,
          },
          empty,
        ),
      ],
      // A prepared round that lies ahead of the round change itself.
      () => [
        say(
          { type: 'round-change', dataRound: qbft.round + 3, root: otherRoot, round: qbft.round + 1 },
          other,
        ),
      ],
      // Justifications whose signatures are forged.
      () => [
        say(
          {
            type: 'proposal',
            roundChangeJustification: forgedRoundChanges(signed, qbft),
            prepareJustification: [],
            root: otherRoot,
          },
          other,
        ),
      ],
      // A certificate with one signer thrice, or with too few.
      () => [certificate(signed, { ...qbft, type: 'commit', root: otherRoot }, [self, self, self], other)],
      () => [certificate(signed, { ...qbft, type: 'commit', root: otherRoot }, [self], other)],
      () => [
        certificate(
          signed,
          { ...qbft, type: 'commit', root: otherRoot },
          [1, 2, 3, 4, 5, 6, 7, 8, 9] as OperatorId[],
          other,
        ),
      ],
      // Prepares and commits what nobody proposed, for another round or another duty's height.
      () => [
        say({ type: 'commit', root: otherRoot }, empty),
        say({ type: 'prepare', root: otherRoot }, empty),
      ],
      // Ballots that carry more than they may: they would not add up to one certificate.
      () => [say({ type: 'commit', dataRound: 1 }, empty), say({ type: 'prepare', dataRound: 1 }, other)],
      // The same ballot many times over, each with other full data, which no signature covers.
      () => [0, 1, 2, 3].map((at) => say({}, new Uint8Array(200).fill(at))),
      () => [say({ round: qbft.round + 1 })],
      () => [say({ height: qbft.height + 1 })],
      // Another's name on its own signature.
      () => [encodeSigned({ ...signed, operators: [((self % 4) + 1) as OperatorId] })],
    ];
  };

  const forgedRoundChanges = (signed: SignedMessage, qbft: QbftMessage): readonly Uint8Array[] =>
    ([1, 2, 3, 4, 5, 6, 7, 8, 9] as OperatorId[]).map((operator) => {
      const data = encodeQbftMessage({
        ...qbft,
        type: 'round-change',
        root: new Uint8Array(32),
        dataRound: 0,
        roundChangeJustification: [],
        prepareJustification: [],
      });
      const message = { ...signed.message, data };
      return encodeSigned({
        signatures: [operatorSignature(self, encodeSsvMessage(message))],
        operators: [operator],
        message,
        fullData: empty,
      });
    });

  const forgedDecision = (signed: SignedMessage, height: number): Uint8Array => {
    const message = {
      ...signed.message,
      type: 'consensus' as const,
      data: encodeQbftMessage({
        type: random.chance(0.5) ? 'commit' : 'prepare',
        height,
        round: 1,
        identifier: signed.message.id,
        root: new Uint8Array(32),
        dataRound: 0,
        roundChangeJustification: [],
        prepareJustification: [],
      }),
    };
    const signature = operatorSignature(self, encodeSsvMessage(message));
    const operators = [1, 2, 3] as OperatorId[];
    return encodeSigned({ signatures: operators.map(() => signature), operators, message, fullData: empty });
  };

  const certificate = (
    signed: SignedMessage,
    qbft: QbftMessage,
    operators: readonly OperatorId[],
    value: Uint8Array,
  ): Uint8Array => {
    const message = {
      ...signed.message,
      data: encodeQbftMessage({ ...qbft, roundChangeJustification: [], prepareJustification: [] }),
    };
    const signature = operatorSignature(self, encodeSsvMessage(message));
    return encodeSigned({ signatures: operators.map(() => signature), operators, message, fullData: value });
  };

  const partialMoves = (signed: SignedMessage): (() => readonly Uint8Array[])[] => {
    const partials = decodePartials(signed.message.data);
    if (isWireError(partials)) return [];
    const { messages } = partials;
    const change = (edit: (one: PartialMessage) => PartialMessage): Uint8Array =>
      sign(signed, encodePartials({ ...partials, messages: messages.map(edit) }));
    return [
      // Signatures that do not verify, under the right root.
      () => [change((one) => ({ ...one, signature: flip(one.signature, 5) }))],
      // Good signatures of another validator's share.
      () => [change((one) => ({ ...one, validatorIndex: one.validatorIndex + 1 }))],
      // Over another root than was decided.
      () => [change((one) => ({ ...one, signingRoot: flip(one.signingRoot, 7) }))],
      () => [change((one) => one), change((one) => ({ ...one, signingRoot: flip(one.signingRoot, 9) }))],
      // In another operator's name, or of another slot.
      () => [change((one) => ({ ...one, signer: ((self % 4) + 1) as OperatorId }))],
      () => [sign(signed, encodePartials({ ...partials, slot: partials.slot + 1 }))],
      // Asks everyone for theirs, again and again: the attempt lies at byte 20 of the id.
      () =>
        [1, 2, 15].map((attempt) =>
          sign(
            { ...signed, message: { ...signed.message, id: withByte(signed.message.id, 20, attempt) } },
            signed.message.data,
          ),
        ),
    ];
  };

  const hintMoves = (signed: SignedMessage): (() => readonly Uint8Array[])[] => {
    const hint = decodeHint(signed.message.data);
    if (isWireError(hint)) return [];
    return [
      () => [
        sign(
          signed,
          encodeHint({
            ...hint,
            items: hint.items.map((item) => ({ ...item, payload: otherValue(item.payload) })),
          }),
        ),
      ],
      () => [
        sign(
          signed,
          encodeHint({ ...hint, items: hint.items.map((item) => ({ ...item, number: item.number + 1 })) }),
        ),
      ],
      // No value at all, or none that is that long.
      () => [sign(signed, encodeHint({ ...hint, items: [{ number: 0, payload: Uint8Array.of(1) }] }))],
      () => [sign(signed, encodeHint({ ...hint, items: [{ number: 0, payload: new Uint8Array(20_000) }] }))],
      // A certificate of one's own making, with the operators' names under it.
      () => [
        sign(
          signed,
          encodeHint({ ...hint, items: [{ number: 1, payload: forgedDecision(signed, hint.slot) }] }),
        ),
      ],
      // A duty that nobody has: its role lies at byte 4 of the id.
      () => [
        sign(
          { ...signed, message: { ...signed.message, id: withByte(signed.message.id, 4, 7) } },
          signed.message.data,
        ),
      ],
    ];
  };

  return (bytes, to) => {
    past.push(bytes);
    if (past.length > 50) past.shift();
    if (random.chance(0.15)) return [];
    if (random.chance(0.1)) return [bytes, random.pick(past)];
    if (random.chance(0.03))
      return [
        flip(bytes, random.int(0, bytes.length - 1)),
        bytes.subarray(0, random.int(0, bytes.length - 1)),
      ];
    const signed = decodeSigned(bytes);
    // A fixed camp hears the truth, so that it can be led astray for long.
    if (isWireError(signed) || camp.has(to) || random.chance(0.2)) return [bytes];
    const qbft = signed.message.type === 'consensus' ? decodeQbftMessage(signed.message.data) : null;
    let moves: (() => readonly Uint8Array[])[] = [];
    if (qbft !== null && !isWireError(qbft)) moves = consensusMoves(signed, qbft);
    else if (signed.message.type === 'partial-signature') moves = partialMoves(signed);
    else if (signed.message.type === 'hint') moves = hintMoves(signed);
    return moves.length === 0 ? [bytes] : random.pick(moves)();
  };
};

const noVote = {
  beaconBlockRoot: `0x${'00'.repeat(32)}`,
  source: { epoch: 0, root: `0x${'00'.repeat(32)}` },
  target: { epoch: 0, root: `0x${'00'.repeat(32)}` },
} as Parameters<typeof encodeVote>[0];
