/**
 * What decides, and what an operator does once it has decided.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import {
  certificateOf,
  commitOf,
  play,
  prepareOf,
  proposalOf,
  refused,
  rootOf,
  roundChangeOf,
  timeout,
  value,
} from './committee.ts';

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
