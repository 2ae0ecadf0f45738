/**
 * How traitors make messages: with their own keys, with what they heard, and with what honest operators sign elsewhere.
 */
import type { OperatorId } from '../../../src/core/ids.ts';
import type { Received } from '../../../src/core/qbft/message.ts';
import type { QbftMessage, QbftMessageType } from '../../../src/core/wire/qbft-message.ts';
import { type SignedMessage, withoutFullData } from '../../../src/core/wire/signed.ts';
import type { Random } from '../../fakes/random.ts';
import { type Forge, hashOf, identifier, otherIdentifier, valueBytes } from './forge.ts';
import { firstInvalidValue, firstTraitorValue } from './plan.ts';

export interface Traitor {
  readonly self: OperatorId;
  readonly random: Random;
  readonly forge: Forge;
  readonly committee: readonly OperatorId[];
  /** Who is in league, this one included. */
  readonly traitors: ReadonlySet<OperatorId>;
  readonly quorum: number;
  readonly height: number;
  /** The furthest round in which an honest operator is. */
  readonly round: number;
  leader(round: number): OperatorId;
  /** Everything said so far. */
  heard(type: QbftMessageType): readonly Received[];
  /** To some operators, or to all. */
  send(signed: SignedMessage): void;
}

const noRoot = new Uint8Array(32);
export const none = new Uint8Array(0);

export const build = (
  t: Traitor,
  type: QbftMessageType,
  round: number,
  rest: Partial<QbftMessage>,
): QbftMessage => ({
  type,
  height: t.height,
  round,
  identifier,
  root: noRoot,
  dataRound: 0,
  roundChangeJustification: [],
  prepareJustification: [],
  ...rest,
});

const encode = (t: Traitor, signed: readonly SignedMessage[]): Uint8Array[] =>
  signed.map((one) => t.forge.codec.encode(withoutFullData(one)));

export const sign = (t: Traitor, message: QbftMessage, fullData: Uint8Array = none): SignedMessage =>
  t.forge.sign(t.self, message, fullData);

/** A value of the traitors; now and then one that nobody accepts, or one of an honest operator. */
export const anyValue = (t: Traitor): Uint8Array =>
  valueBytes(
    t.random.chance(0.85)
      ? firstTraitorValue + t.random.below(3)
      : t.random.chance(0.5)
        ? firstInvalidValue
        : 1 + t.random.below(4),
  );

/** A round that this traitor leads, near where the others are. */
export const ownRound = (t: Traitor): number => {
  for (let round = t.round; round < t.round + t.committee.length; round++) {
    if (t.leader(round) === t.self) return round;
  }
  return t.round;
};

export const roundChangesOf = (t: Traitor, round: number): Received[] => {
  const signers = new Set<OperatorId>();
  return t.heard('round-change').filter(({ message, signer }) => {
    if (message.round !== round || signers.has(signer)) return false;
    signers.add(signer);
    return true;
  });
};

const others = (t: Traitor): readonly OperatorId[] => t.committee.filter((operator) => operator !== t.self);

/** Messages as from a quorum, the traitor's own first, the others' made by `make`. */
const fakeQuorum = (
  t: Traitor,
  own: QbftMessage,
  make: (operator: OperatorId) => SignedMessage,
): SignedMessage[] => [
  sign(t, own),
  ...t.random
    .shuffle(others(t))
    .slice(0, t.quorum - 1)
    .map(make),
];

/** Ways to a quorum of messages that the others never sent in this duty. */
export const swindles = ['forged', 'other-duty', 'other-slot', 'repeated', 'few', 'stranger'] as const;
export type Swindle = (typeof swindles)[number];

export const swindleQuorum = (t: Traitor, message: QbftMessage, by: Swindle): SignedMessage[] => {
  switch (by) {
    case 'forged':
      return fakeQuorum(t, message, (operator) => t.forge.forge(operator, message, none));
    case 'other-duty':
      return fakeQuorum(t, message, (operator) =>
        t.forge.sign(operator, { ...message, identifier: otherIdentifier }, none),
      );
    case 'other-slot':
      return fakeQuorum(t, message, (operator) =>
        t.forge.sign(operator, { ...message, height: message.height + 32 }, none),
      );
    case 'repeated':
      return Array.from({ length: t.quorum }, () => sign(t, message));
    case 'few':
      return [sign(t, message)];
    case 'stranger':
      return Array.from({ length: t.quorum }, (_, at) =>
        t.forge.sign((100 + at) as OperatorId, message, none),
      );
  }
};

/** Proposes, and has all traitors vote for it at once: those who fall for it need fewer others. */
export const propose = (
  t: Traitor,
  round: number,
  value: Uint8Array,
  roundChanges: readonly SignedMessage[],
  prepares: readonly Uint8Array[] = [],
): void => {
  const root = t.random.chance(0.97) ? hashOf(value) : hashOf(valueBytes(firstTraitorValue + 9));
  const message = build(t, 'proposal', round, {
    root,
    roundChangeJustification: encode(t, roundChanges),
    prepareJustification: prepares,
  });
  t.send(sign(t, message, value));
  for (const accomplice of t.traitors) {
    t.send(t.forge.sign(accomplice, build(t, 'prepare', round, { root }), none));
    t.send(t.forge.sign(accomplice, build(t, 'commit', round, { root }), none));
  }
};

/** A round change of the traitor's own that claims to have prepared a value, with whatever prepares there are. */
export const claim = (
  t: Traitor,
  round: number,
  dataRound: number,
  value: Uint8Array,
  prepares: readonly SignedMessage[],
) =>
  build(t, 'round-change', round, {
    root: hashOf(value),
    dataRound,
    roundChangeJustification: encode(t, prepares),
  });

export const proposeOnClaim = (
  t: Traitor,
  round: number,
  dataRound: number,
  value: Uint8Array,
  prepares: readonly SignedMessage[],
) => {
  const own = claim(t, round, dataRound, value, prepares);
  const real = roundChangesOf(t, round).filter(({ signer }) => signer !== t.self);
  propose(t, round, value, [sign(t, own), ...real.map(({ signed }) => signed)], own.roundChangeJustification);
};

export const bareRoundChanges = (t: Traitor, round: number): readonly SignedMessage[] =>
  swindleQuorum(t, build(t, 'round-change', round, {}), t.random.pick(swindles));

/** A quorum of real prepares for some value, of any round; also those that honest operators never saw together. */
export const realPrepares = (t: Traitor): Received[] => {
  const prepares = t.heard('prepare');
  if (prepares.length === 0) return [];
  const { message } = t.random.pick(prepares);
  const alike = prepares.filter(
    (one) => one.message.round === message.round && one.message.root === message.root,
  );
  return alike.filter(({ signer }, at) => alike.findIndex((other) => other.signer === signer) === at);
};

export const certificate = (t: Traitor, commits: readonly SignedMessage[], value: Uint8Array): void => {
  const [first] = commits;
  if (first === undefined) return;
  const sorted = [...commits].sort((a, b) => (a.operators[0] as number) - (b.operators[0] as number));
  t.send({
    signatures: sorted.flatMap((one) => one.signatures),
    operators: sorted.flatMap((one) => one.operators),
    message: t.random.pick(commits).message,
    fullData: value,
  });
};
