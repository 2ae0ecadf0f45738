/**
 * What an operator does when things go right, late, wrong and twice.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { isSendersFault } from '../../../src/core/qbft/step.ts';
import { valueBytes } from '../../simulation/core/forge.ts';
import {
  certificateOf,
  commitOf,
  encode,
  operator,
  play,
  preparedOf,
  prepareOf,
  preparesOf,
  proposalOf,
  refused,
  rootOf,
  roundChangeOf,
  sign,
} from './committee.ts';

const value = (number: number) => ({ type: 'value', value: valueBytes(number) }) as const;
const timeout = (round: number) => ({ type: 'timeout', round }) as const;
const bareQuorum = (round: number) => [1, 2, 3].map((by) => roundChangeOf(by, round));

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

test('a leader without a value waits, and proposes when it comes', () => {
  const player = play(1);
  deepEqual(player.said(), []);
  player.feed(value(5));
  deepEqual(player.said(), ['proposal 1: 5']);
});

test('an operator that does not lead keeps its value to itself', () => {
  const player = play(2);
  player.feed(value(5));
  deepEqual(player.said(), []);
});

test('a value of ours that we would refuse is not proposed', () => {
  const player = play(1);
  equal(player.feed(value(refused)), 'value-refused');
  deepEqual(player.said(), []);
});

test('a leader proposes once in a round, whatever values come later', () => {
  const player = play(1);
  player.feed(value(5));
  player.feed(value(6));
  deepEqual(player.said(), ['proposal 1: 5']);
});

test('an operator that hears its own earlier proposal, after losing its state, makes no other', () => {
  const player = play(1);
  player.hear(proposalOf(1, 1, 5));
  player.said();
  player.feed(value(6));
  deepEqual(player.said(), []);
});

test('a value that comes in a later round does not make its leader propose before the quorum', () => {
  const player = play(2);
  player.feed(timeout(1));
  player.hear(roundChangeOf(2, 2), roundChangeOf(3, 2));
  player.said();
  player.feed(value(5));
  deepEqual(player.said(), []);
});

test('a leader that accepted its proposal does not propose again when round changes come late', () => {
  const player = play(2);
  player.feed(value(5));
  player.hear(...bareQuorum(2));
  deepEqual(player.said(), ['round-change 2: none', 'timer 2', 'proposal 2: 5']);
  player.hear(roundChangeOf(4, 2));
  deepEqual(player.said(), []);
});

test('a leader of a later round waits for a quorum of round changes', () => {
  const player = play(2);
  player.feed(value(5));
  player.feed(timeout(1));
  player.hear(roundChangeOf(2, 2), roundChangeOf(3, 2));
  deepEqual(player.said(), ['round-change 2: none', 'timer 2']);
  player.hear(roundChangeOf(4, 2));
  deepEqual(player.said(), ['proposal 2: 5']);
});

test('a leader of a later round whose value comes last proposes then', () => {
  const player = play(2);
  player.hear(...bareQuorum(2));
  player.said();
  player.feed(value(5));
  deepEqual(player.said(), ['proposal 2: 5']);
});

test('a leader that could not propose at the first quorum tries again with the next round change', () => {
  const player = play(2);
  player.hear(...bareQuorum(2));
  player.said();
  player.hear(preparedOf(4, 2, 1, 7));
  deepEqual(player.said(), ['proposal 2: 7']);
});

test('a leader proposes the value of the highest prepared round, not its own and not a lower one', () => {
  const player = play(4);
  player.feed(value(5));
  player.hear(preparedOf(1, 4, 1, 6), preparedOf(2, 4, 3, 7), preparedOf(3, 4, 2, 8));
  deepEqual(player.said(), ['round-change 4: none', 'timer 4', 'proposal 4: 7']);
});

test('what a leader proposes on prepared round changes is accepted by another operator', () => {
  const leader = play(4);
  leader.hear(preparedOf(1, 4, 1, 6), preparedOf(2, 4, 3, 7), preparedOf(3, 4, 2, 8));
  const sent = leader.effects.at(-1);
  if (sent?.type !== 'broadcast') throw new Error('the leader proposes');
  const follower = play(1);
  equal(follower.hear(sign(operator(4), sent.message, sent.fullData)), null);
});

test('a leader proposes a prepared value though it would refuse it itself: others may have decided it', () => {
  const player = play(2);
  player.feed(value(5));
  player.hear(roundChangeOf(1, 2), preparedOf(3, 2, 1, refused), roundChangeOf(4, 2));
  equal(player.said().at(-1), `proposal 2: ${refused}`);
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

test('commits of a past round decide, whether they come before or after the value', () => {
  const before = play(4);
  before.hear(proposalOf(1, 1, 5));
  before.feed(timeout(1));
  before.said();
  before.hear(...[1, 2, 3].map((by) => commitOf(by, 1, 5)));
  deepEqual(before.said(), ['decided 1: 5 by 1+2+3']);

  const after = play(4);
  after.feed(timeout(1));
  after.hear(...[1, 2, 3].map((by) => commitOf(by, 1, 5)));
  after.said();
  equal(after.hear(proposalOf(1, 1, 5)), 'past-round');
  deepEqual(after.said(), ['decided 1: 5 by 1+2+3']);
});

test('commits alone decide where our own value is the one committed to', () => {
  const player = play(4);
  player.hear(...[1, 2, 3].map((by) => commitOf(by, 1, 5)));
  deepEqual(player.said(), []);
  player.feed(value(5));
  deepEqual(player.said(), ['decided 1: 5 by 1+2+3']);
});

test('commits to a value that we do not know decide no other that we do', () => {
  const player = play(4);
  player.feed(value(7));
  player.hear(proposalOf(1, 1, 6), ...[1, 2, 3].map((by) => commitOf(by, 1, 5)));
  equal(player.instance().decided, null);
});

test('prepares are no commits, wherever they are kept', () => {
  const player = play(4);
  player.hear(...[1, 2, 3].map((by) => prepareOf(by, 2, 5)));
  player.feed(value(5));
  equal(player.instance().decided, null);
});

test('a commit that comes again when its round is past counts once, and stands once in the certificate', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 5), commitOf(1, 1, 5), commitOf(2, 1, 5));
  player.feed(timeout(1));
  player.said();
  player.hear(commitOf(1, 1, 5));
  deepEqual(player.said(), []);
  player.hear(commitOf(3, 1, 5));
  deepEqual(player.said(), ['decided 1: 5 by 1+2+3']);
});

test('commits of different rounds do not add up', () => {
  const player = play(4);
  player.feed(value(5));
  player.hear(commitOf(1, 1, 5), commitOf(2, 2, 5), commitOf(3, 3, 5));
  deepEqual(player.said(), []);
});

test('commits to different values do not add up', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 5), commitOf(1, 1, 5), commitOf(2, 1, 5), commitOf(3, 1, 6));
  equal(player.instance().decided, null);
});

test('commits decide a value that we refused to prepare', () => {
  const player = play(4);
  equal(player.hear(proposalOf(1, 1, refused)), 'value-refused');
  player.hear(...[1, 2, 3].map((by) => commitOf(by, 1, refused)));
  deepEqual(player.said(), [`decided 1: ${refused} by 1+2+3`]);
});

test('a proposal that was refused can be fed again when its value has become acceptable', () => {
  let isKnown = false;
  const player = play(4, { accepts: () => isKnown });
  equal(player.hear(proposalOf(1, 1, 5)), 'value-refused');
  isKnown = true;
  equal(player.hear(proposalOf(1, 1, 5)), null);
  deepEqual(player.said(), ['prepare 1: 5']);
});

test('a certificate decides in any round, once; a larger one replaces it, a smaller one does not', () => {
  const player = play(4);
  player.hear(certificateOf(9, 5), certificateOf(9, 5));
  deepEqual(player.said(), ['decided 9: 5 by 1+2+3']);
  player.hear(certificateOf(9, 5, [1, 2, 3, 4]));
  player.hear(certificateOf(9, 5, [2, 3, 4]));
  deepEqual(player.said(), []);
  deepEqual(player.instance().decided?.certificate.operators, [1, 2, 3, 4]);
});

test('a certificate over another value is an alarm, not a change of mind', () => {
  const player = play(4);
  player.hear(certificateOf(9, 5));
  equal(player.hear(certificateOf(9, 6, [1, 2, 3, 4])), 'certificate-differs');
  deepEqual(player.instance().decided?.root, rootOf(5));
});

test('an operator that has decided answers round changes, one per operator and round, and never its own', () => {
  const player = play(4);
  player.hear(certificateOf(1, 5));
  player.said();
  equal(player.hear(roundChangeOf(2, 2), roundChangeOf(2, 2)), null);
  equal(player.hear(roundChangeOf(3, 1)), 'instance-decided');
  player.hear(roundChangeOf(4, 2));
  deepEqual(player.said(), ['answer 2', 'answer 3']);
});

test('an operator that has decided answers also those that are in earlier rounds than it was', () => {
  const player = play(4);
  player.feed(timeout(1));
  player.feed(timeout(2));
  player.hear(certificateOf(1, 5));
  player.said();
  player.hear(roundChangeOf(2, 2));
  deepEqual(player.said(), ['answer 2']);
});

test('an operator that has decided lets no timer and no round change carry it on', () => {
  const player = play(4);
  player.hear(certificateOf(1, 5));
  player.said();
  player.feed(timeout(1));
  player.hear(roundChangeOf(2, 5), roundChangeOf(3, 5));
  equal(player.instance().round, 1);
});

test('an operator that has decided does not decide again', () => {
  const player = play(4);
  player.hear(proposalOf(1, 1, 5), ...[1, 2, 3].map((by) => commitOf(by, 1, 5)));
  player.said();
  player.hear(commitOf(4, 1, 5));
  deepEqual(player.said(), []);
});

test('at the cut-off round an instance stops, but takes a certificate', () => {
  const player = play(4, { cutOffRound: 2 });
  player.feed(timeout(1));
  player.said();
  equal(player.feed(timeout(2)), 'timeout-stopped');
  for (const signed of [prepareOf(2, 2, 5), commitOf(2, 2, 5), roundChangeOf(2, 2), proposalOf(1, 1, 5)]) {
    equal(player.hear(signed), 'instance-stopped');
  }
  player.hear(certificateOf(1, 5));
  deepEqual(player.said(), ['decided 1: 5 by 1+2+3']);
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
