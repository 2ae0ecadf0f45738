/**
 * What an operator does when things go right, late, wrong and twice, until it decides.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { isSendersFault } from '../../../src/core/qbft/step.ts';
import {
  bareQuorum,
  commitOf,
  encode,
  operator,
  play,
  prepareOf,
  preparesOf,
  proposalOf,
  roundChangeOf,
  sign,
  timeout,
  value,
} from './committee.ts';

test('a healthy round: proposal, prepares, commits, decision with everyone who committed by then', () => {
  const player = play(1);
  player.feed(value(5));
  deepEqual(player.said(), ['proposal 1: 5']);
  player.hear(proposalOf(1, 1, 5));
  deepEqual(player.said(), ['prepare 1: 5']);
  player.hear(prepareOf(4, 1, 5), prepareOf(2, 1, 5));
  deepEqual(player.said(), []);
  player.hear(prepareOf(3, 1, 5), prepareOf(1, 1, 5));
  deepEqual(player.said(), ['commit 1: 5']);
  player.hear(commitOf(4, 1, 5), commitOf(2, 1, 5), commitOf(1, 1, 5));
  deepEqual(player.said(), ['decided 1: 5 by 1+2+4']);
});

test('prepares and commits that come before their proposal count when it comes', () => {
  const player = play(4);
  for (const by of [1, 2, 3]) equal(player.hear(prepareOf(by, 1, 5)), 'no-proposal');
  for (const by of [1, 2, 3]) equal(player.hear(commitOf(by, 1, 5)), 'no-proposal');
  deepEqual(player.said(), []);
  player.hear(proposalOf(1, 1, 5));
  deepEqual(player.said(), ['prepare 1: 5', 'commit 1: 5', 'decided 1: 5 by 1+2+3']);
});

test('early ballots for another value than the proposed one do not count', () => {
  const player = play(4);
  player.hear(...[1, 2, 3].flatMap((by) => [prepareOf(by, 1, 6), commitOf(by, 1, 6)]));
  player.hear(proposalOf(1, 1, 5));
  deepEqual(player.said(), ['prepare 1: 5']);
});

test('early ballots of a later round count when its proposal comes', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 6), ...[1, 2, 3].map((by) => prepareOf(by, 2, 5)));
  player.said();
  player.hear(proposalOf(2, 2, 5, { roundChangeJustification: encode(bareQuorum(2)) }));
  deepEqual(player.said(), ['timer 2', 'prepare 2: 5', 'commit 2: 5']);
});

test('an operator prepares one proposal per round', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 5));
  equal(player.hear(proposalOf(1, 1, 6)), 'proposal-invalid');
  equal(player.hear(proposalOf(1, 1, 5)), 'proposal-invalid');
  deepEqual(player.said(), ['prepare 1: 5']);
});

test('an operator counts once, however often it votes', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 5));
  player.hear(prepareOf(1, 1, 5), prepareOf(1, 1, 5), prepareOf(1, 1, 5), prepareOf(2, 1, 5));
  player.hear(commitOf(1, 1, 5), commitOf(1, 1, 5), commitOf(1, 1, 5), commitOf(2, 1, 5));
  deepEqual(player.said(), ['prepare 1: 5']);
  equal(player.instance().prepares.length, 2);
  equal(player.instance().commits.length, 2);
});

test('an operator counts once among what was set aside, too', () => {
  const player = play(4);
  player.hear(...[1, 1, 1, 2].flatMap((by) => [prepareOf(by, 1, 5), commitOf(by, 1, 5)]));
  equal(player.instance().aside.length, 4);
  player.hear(proposalOf(1, 1, 5));
  deepEqual(player.said(), ['prepare 1: 5']);
});

test('what is set aside is bounded by the cut-off round', () => {
  const player = play(4);
  for (let round = 2; round < 40; round++) player.hear(prepareOf(2, round, 5), commitOf(2, round, 5));
  equal(player.instance().aside.length, 2 * 11);
});

test('an operator commits once in a round', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 5), ...preparesOf(1, 5), prepareOf(4, 1, 5));
  deepEqual(player.said(), ['prepare 1: 5', 'commit 1: 5']);
});

test('a late quorum of prepares of a past round makes nobody commit', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 5), prepareOf(1, 1, 5), prepareOf(2, 1, 5));
  player.feed(timeout(1));
  player.said();
  equal(player.hear(prepareOf(3, 1, 5)), 'past-round');
  deepEqual(player.said(), []);
  equal(player.instance().preparedRound, 0);
  equal(player.instance().aside.length, 0);
});

test('prepares of two rounds do not add up', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 5), prepareOf(1, 1, 5), prepareOf(2, 1, 5));
  player.hear(proposalOf(2, 2, 5, { roundChangeJustification: encode(bareQuorum(2)) }), prepareOf(3, 2, 5));
  equal(player.instance().preparedRound, 0);
});

test('early prepares of a later round do not count for another value in it', () => {
  const player = play(4);
  player.hear(...[1, 2, 3].map((by) => prepareOf(by, 2, 5)), proposalOf(1, 1, 5));
  player.hear(proposalOf(2, 2, 6, { roundChangeJustification: encode(bareQuorum(2)) }));
  equal(player.instance().preparedRound, 0);
});

test('a new round begins without a proposal', () => {
  const player = play(2);
  player.feed(value(6));
  player.hear(proposalOf(1, 1, 5));
  player.feed(timeout(1));
  equal(player.hear(prepareOf(1, 2, 5)), 'no-proposal');
  player.said();
  player.hear(...bareQuorum(2));
  deepEqual(player.said(), ['proposal 2: 6']);
});

test('the proof in a round change holds the prepares of the prepared round alone', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 5), prepareOf(1, 1, 5), prepareOf(2, 1, 5));
  player.hear(proposalOf(2, 2, 5, { roundChangeJustification: encode(bareQuorum(2)) }), ...preparesOf(2, 5));
  player.feed(timeout(2));
  const sent = player.effects.at(-2);
  if (sent?.type !== 'broadcast') throw new Error('a round change is sent');
  equal(play(1).hear(sign(operator(4), sent.message, sent.fullData)), null);
});

test('a timeout tells the others what was prepared, with its proof', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 5), ...preparesOf(1, 5));
  player.said();
  player.feed(timeout(1));
  deepEqual(player.said(), ['round-change 2: 5 prepared 1', 'timer 2']);
  const sent = player.effects.at(-2);
  if (sent?.type !== 'broadcast') throw new Error('a round change is sent');
  equal(play(1).hear(sign(operator(4), sent.message, sent.fullData)), null);
});

test('only the timeout of the current round counts', () => {
  const player = play(4);
  player.feed(timeout(1));
  player.said();
  player.feed(timeout(1));
  player.feed(timeout(3));
  deepEqual(player.said(), []);
  equal(player.instance().round, 2);
});

test('f + 1 operators in later rounds carry the rest to the earliest of their rounds; f do not', () => {
  const player = play(4);
  player.hear(roundChangeOf(2, 7), roundChangeOf(2, 9));
  deepEqual(player.said(), []);
  player.hear(roundChangeOf(3, 5));
  deepEqual(player.said(), ['round-change 5: none', 'timer 5']);
});

test('round changes of past rounds do not count', () => {
  const player = play(4);
  player.feed(timeout(1));
  player.feed(timeout(2));
  equal(player.hear(roundChangeOf(2, 2)), 'past-round');
  equal(player.instance().roundChanges.length, 0);
});

test('a proposal of a past round is not prepared', () => {
  const player = play(4);
  player.feed(timeout(1));
  player.said();
  equal(player.hear(proposalOf(1, 1, 5)), 'past-round');
  deepEqual(player.said(), []);
});

test('lateness and other views are nobody’s fault; lies are', () => {
  const harmless = [
    'past-round',
    'no-proposal',
    'wrong-round',
    'root-differs',
    'value-refused',
    'instance-decided',
  ] as const;
  const lies = [
    'not-leader',
    'locked-value',
    'full-data-hash',
    'justification-signature',
    'no-round-change-quorum',
  ] as const;
  deepEqual(
    harmless.map(isSendersFault),
    harmless.map(() => false),
  );
  deepEqual(
    lies.map(isSendersFault),
    lies.map(() => true),
  );
});

test('a step changes nothing in the state it was given', () => {
  const player = play(1);
  player.feed(value(5));
  const before = player.instance();
  const copy = structuredClone(before);
  player.hear(proposalOf(1, 1, 5), ...preparesOf(1, 5), commitOf(2, 1, 5), roundChangeOf(3, 2));
  deepEqual(before, copy);
});
