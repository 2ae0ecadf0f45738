/**
 * What a traitor does: one move per guard of the core, so that a missing guard is a door that somebody tries.
 *
 * A traitor knows every message ever sent, owns the keys of all traitors, and may use anything that honest operators signed,
 * also in other duties and slots (where they sign whatever is right there). It cannot sign for an honest operator here.
 */
import type { OperatorId } from '../../../src/core/ids.ts';
import type { Received } from '../../../src/core/qbft/message.ts';
import type { QbftMessage, QbftMessageType } from '../../../src/core/wire/qbft-message.ts';
import { type SignedMessage, withoutFullData } from '../../../src/core/wire/signed.ts';
import { type Forge, hashOf, identifier, otherIdentifier, valueBytes } from './forge.ts';
import { firstInvalidValue, firstTraitorValue } from './plan.ts';
import type { Random } from './random.ts';

export interface Traitor {
  readonly self: OperatorId;
  readonly random: Random;
  readonly forge: Forge;
  readonly committee: readonly OperatorId[];
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
const none = new Uint8Array(0);

const build = (
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

const sign = (t: Traitor, message: QbftMessage, fullData: Uint8Array = none): SignedMessage =>
  t.forge.sign(t.self, message, fullData);

/** A value of the traitors; now and then one that nobody accepts, or one of an honest operator. */
const anyValue = (t: Traitor): Uint8Array =>
  valueBytes(
    t.random.chance(0.85)
      ? firstTraitorValue + t.random.below(3)
      : t.random.chance(0.5)
        ? firstInvalidValue
        : 1 + t.random.below(4),
  );

/** A round that this traitor leads, near where the others are. */
const ownRound = (t: Traitor): number => {
  for (let round = t.round; round < t.round + t.committee.length; round++) {
    if (t.leader(round) === t.self) return round;
  }
  return t.round;
};

const roundChangesOf = (t: Traitor, round: number): Received[] => {
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
const swindles = ['forged', 'other-duty', 'other-slot', 'repeated', 'few', 'stranger'] as const;
type Swindle = (typeof swindles)[number];

const swindleQuorum = (t: Traitor, message: QbftMessage, by: Swindle): SignedMessage[] => {
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

const propose = (
  t: Traitor,
  round: number,
  value: Uint8Array,
  roundChanges: readonly SignedMessage[],
  prepares: readonly Uint8Array[] = [],
): void => {
  const message = build(t, 'proposal', round, {
    root: t.random.chance(0.97) ? hashOf(value) : hashOf(valueBytes(firstTraitorValue + 9)),
    roundChangeJustification: encode(t, roundChanges),
    prepareJustification: prepares,
  });
  t.send(sign(t, message, value));
};

/** A round change of the traitor's own that claims to have prepared a value, with whatever prepares there are. */
const claim = (
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

const proposeOnClaim = (
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

const bareRoundChanges = (t: Traitor, round: number): readonly SignedMessage[] =>
  swindleQuorum(t, build(t, 'round-change', round, {}), t.random.pick(swindles));

/** A quorum of real prepares for some value, of any round; also those that honest operators never saw together. */
const realPrepares = (t: Traitor): Received[] => {
  const prepares = t.heard('prepare');
  if (prepares.length === 0) return [];
  const { message } = t.random.pick(prepares);
  const alike = prepares.filter(
    (one) => one.message.round === message.round && one.message.root === message.root,
  );
  return alike.filter(({ signer }, at) => alike.findIndex((other) => other.signer === signer) === at);
};

const certificate = (t: Traitor, commits: readonly SignedMessage[], value: Uint8Array): void => {
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

export const moves = {
  'equivocate in proposing': (t: Traitor) => {
    const round = ownRound(t);
    const roundChanges = roundChangesOf(t, round).map(({ signed }) => signed);
    propose(t, round, anyValue(t), roundChanges);
    propose(t, round, anyValue(t), roundChanges);
  },
  'propose against a prepared value': (t: Traitor) => {
    const round = ownRound(t);
    const roundChanges = roundChangesOf(t, round);
    const prepares = t.random.pick([
      [],
      ...roundChanges.map(({ message }) => message.roundChangeJustification),
    ]);
    propose(
      t,
      round,
      anyValue(t),
      roundChanges.map(({ signed }) => signed),
      prepares,
    );
  },
  'propose without a quorum of round changes': (t: Traitor) => {
    const round = ownRound(t);
    propose(t, round, anyValue(t), bareRoundChanges(t, round));
  },
  'propose on round changes of another round': (t: Traitor) => {
    const round = ownRound(t);
    const old = t.random.shuffle(t.heard('round-change')).slice(0, t.quorum + 1);
    propose(
      t,
      round,
      anyValue(t),
      old.map(({ signed }) => signed),
    );
  },
  'propose without being leader': (t: Traitor) => {
    const roundChanges = roundChangesOf(t, t.round).map(({ signed }) => signed);
    propose(t, t.round, anyValue(t), roundChanges);
  },
  'propose on a claim that was never prepared': (t: Traitor) => {
    const round = ownRound(t);
    const value = anyValue(t);
    const dataRound = Math.max(1, round - 1 + t.random.below(2));
    const prepare = build(t, 'prepare', dataRound, { root: hashOf(value) });
    proposeOnClaim(t, round, dataRound, value, swindleQuorum(t, prepare, t.random.pick(swindles)));
  },
  'propose on real prepares of another round or value': (t: Traitor) => {
    const round = ownRound(t);
    const prepares = realPrepares(t);
    const [first] = prepares;
    if (first === undefined) return;
    const dataRound = t.random.chance(0.7) ? Math.max(1, round - 1) : first.message.round;
    const root = first.message.root;
    const isSame = t.random.chance(0.5);
    const value = isSame
      ? (t.heard('proposal').find(({ message }) => message.root === root)?.signed.fullData ?? anyValue(t))
      : anyValue(t);
    proposeOnClaim(
      t,
      round,
      dataRound,
      value,
      prepares.map(({ signed }) => signed),
    );
  },
  'claim in a round change what was never prepared': (t: Traitor) => {
    const value = anyValue(t);
    const prepare = build(t, 'prepare', t.round, { root: hashOf(value) });
    const prepares = swindleQuorum(t, prepare, t.random.pick(swindles));
    t.send(sign(t, claim(t, t.round + 1, t.round, value, prepares), value));
  },
  'hide another value behind a prepared root': (t: Traitor) => {
    const prepares = realPrepares(t);
    const [first] = prepares;
    if (first === undefined) return;
    const dataRound = first.message.round;
    const own = claim(
      t,
      t.round + 1,
      dataRound,
      anyValue(t),
      prepares.map(({ signed }) => signed),
    );
    t.send(sign(t, { ...own, root: first.message.root }, anyValue(t)));
  },
  'equivocate in round changes, far ahead': (t: Traitor) => {
    const round = t.random.pick([t.round + 1, t.round + 2, 12, 13, 1_000_000, 2 ** 50]);
    t.send(sign(t, build(t, 'round-change', round, {})));
  },
  'equivocate in prepares and commits': (t: Traitor) => {
    for (const type of ['prepare', 'commit'] as const) {
      const known = t.heard('proposal');
      const root = known.length > 0 ? t.random.pick(known).message.root : hashOf(anyValue(t));
      t.send(sign(t, build(t, type, t.round, { root })));
      t.send(sign(t, build(t, type, t.round, { root: hashOf(anyValue(t)) })));
    }
  },
  'commit with something attached': (t: Traitor) => {
    const known = t.heard('proposal');
    const root = known.length > 0 ? t.random.pick(known).message.root : hashOf(anyValue(t));
    t.send(sign(t, build(t, 'commit', t.round, { root, dataRound: 1 })));
  },
  'send a certificate that no quorum signed': (t: Traitor) => {
    const value = anyValue(t);
    const commit = build(t, 'commit', t.round, { root: hashOf(value) });
    certificate(t, swindleQuorum(t, commit, t.random.pick(swindles)), value);
  },
  'put another value into a real certificate': (t: Traitor) => {
    const commits = t.heard('commit');
    if (commits.length === 0) return;
    const { message } = t.random.pick(commits);
    const alike = commits.filter(
      (one) => one.message.round === message.round && one.message.root === message.root,
    );
    const distinct = alike.filter(
      ({ signer }, at) => alike.findIndex((other) => other.signer === signer) === at,
    );
    certificate(
      t,
      distinct.map(({ signed }) => signed),
      anyValue(t),
    );
  },
  'replay what another duty or slot said': (t: Traitor) => {
    const type = t.random.pick(['prepare', 'commit', 'round-change'] as const);
    const base = build(t, type, t.round, { root: hashOf(anyValue(t)) });
    const message = t.random.chance(0.5)
      ? { ...base, identifier: otherIdentifier }
      : { ...base, height: base.height + 32 };
    for (const operator of t.committee) t.send(t.forge.sign(operator, message, none));
  },
} as const satisfies Record<string, (t: Traitor) => void>;

export type MoveName = keyof typeof moves;
export const moveNames = Object.keys(moves) as MoveName[];
