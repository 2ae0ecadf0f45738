import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OperatorId } from '../../../src/core/ids.ts';
import { countSigners, leaderOf } from '../../../src/core/qbft/quorum.ts';
import { cutOffRoundOf, roundDeadlineMs } from '../../../src/core/qbft/round-timer.ts';

const ids = (...numbers: number[]): OperatorId[] => numbers as OperatorId[];

test('everybody leads once in as many rounds as there are operators', () => {
  fc.assert(
    fc.property(fc.constantFrom(4, 7, 10, 13), fc.nat({ max: 2 ** 40 }), (size, height) => {
      const committee = ids(...Array.from({ length: size }, (_, at) => 3 * at + 1));
      const leaders = committee.map((_, at) => leaderOf(committee, height, at + 1));
      deepEqual(
        [...leaders].sort((a, b) => a - b),
        committee,
      );
    }),
  );
});

test('the same slot of the next epoch has another leader', () => {
  const committee = ids(1, 2, 3, 4);
  deepEqual(
    [0, 1, 2, 32, 64].map((height) => leaderOf(committee, height, 1)),
    [1, 2, 3, 2, 3],
  );
});

test('signers are counted once', () => {
  equal(countSigners(ids(1, 2, 1, 3, 2).map((signer) => ({ signer }))), 3);
  equal(countSigners([]), 0);
});

test('rounds end every two seconds from the due time, and every six after the eighth', () => {
  deepEqual(
    [1, 2, 8, 9, 10].map((round) => roundDeadlineMs(1000, round)),
    [3000, 5000, 17_000, 23_000, 29_000],
  );
});

test('duties that die with their slot have fewer rounds', () => {
  equal(cutOffRoundOf('block') < cutOffRoundOf('attestation'), true);
  equal(cutOffRoundOf('contribution') < cutOffRoundOf('aggregate'), true);
  equal(cutOffRoundOf('sync-message'), cutOffRoundOf('attestation'));
});
