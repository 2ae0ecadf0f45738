/**
 * What a leader proposes, and when.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import {
  bareQuorum,
  operator,
  play,
  preparedOf,
  proposalOf,
  refused,
  roundChangeOf,
  sign,
  timeout,
  value,
} from './committee.ts';

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
