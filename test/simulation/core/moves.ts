/**
 * What a traitor does: one move per guard of the core, so that a missing guard is a door that somebody tries.
 *
 * A traitor knows every message ever sent, owns the keys of all traitors, and may use anything that honest operators signed,
 * also in other duties and slots (where they sign whatever is right there). It cannot sign for an honest operator here.
 */
import {
  anyValue,
  bareRoundChanges,
  build,
  certificate,
  claim,
  none,
  ownRound,
  propose,
  proposeOnClaim,
  realPrepares,
  roundChangesOf,
  sign,
  swindleQuorum,
  swindles,
  type Traitor,
} from './craft.ts';
import { hashOf, otherIdentifier } from './forge.ts';

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
  'propose on the few round changes that prepared nothing': (t: Traitor) => {
    const round = ownRound(t);
    const bare = roundChangesOf(t, round).filter(
      ({ message, signer }) => message.dataRound === 0 && !t.traitors.has(signer),
    );
    const own = [...t.traitors].map((by) => t.forge.sign(by, build(t, 'round-change', round, {}), none));
    propose(t, round, anyValue(t), [...own, ...bare.map(({ signed }) => signed)].slice(0, t.quorum));
  },
  'propose the value of the lowest prepared round': (t: Traitor) => {
    const round = ownRound(t);
    const roundChanges = roundChangesOf(t, round).sort((a, b) => b.message.dataRound - a.message.dataRound);
    const lowest = roundChanges.findLast(({ message }) => message.dataRound > 0);
    if (lowest === undefined) return;
    propose(
      t,
      round,
      lowest.signed.fullData,
      roundChanges.map(({ signed }) => signed),
      lowest.message.roundChangeJustification,
    );
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
/** What a traitor does in place of the honest proposal of a later round. */
export const proposingMoves = moveNames.filter((name) => name.includes('propos'));
