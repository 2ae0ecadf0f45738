/**
 * When a node that starts may sign: the rule as tables, and the counting argument behind it as a search for a counterexample.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Known,
  type Mark,
  memoryOf,
  settledFrom,
  standingOf,
  type Traces,
} from '../../../src/core/history/caught-up.ts';
import type { OperatorId } from '../../../src/core/ids.ts';
import { committee, network, slotOf } from './sample.ts';

const ids = (...operators: number[]): ReadonlySet<OperatorId> => new Set(operators as OperatorId[]);
const markAt = (slot: number, spoken: number | null = null): Mark => ({
  slot: slotOf(slot),
  spoken: spoken === null ? null : slotOf(spoken),
});
const known = (more: Partial<Known>): Known => ({
  committee,
  self: 4 as OperatorId,
  memory: 'new',
  startSlot: slotOf(804),
  hasPast: false,
  answered: ids(),
  settled: ids(),
  ...more,
});

const { slotsPerEpoch } = network;
const traces: readonly (readonly [string, Traces, string])[] = [
  ['made at this start', { isNew: true, mark: markAt(1000), spoken: null }, 'new'],
  ['without a mark', { isNew: false, mark: null, spoken: slotOf(1000) }, 'old'],
  ['marked in this slot', { isNew: false, mark: markAt(1000), spoken: slotOf(990) }, 'recent'],
  [
    'marked an epoch ago',
    { isNew: false, mark: markAt(1000 - slotsPerEpoch), spoken: slotOf(990) },
    'recent',
  ],
  ['marked longer ago', { isNew: false, mark: markAt(999 - slotsPerEpoch), spoken: slotOf(990) }, 'old'],
  ['marked by a clock a little ahead', { isNew: false, mark: markAt(1001), spoken: slotOf(990) }, 'recent'],
  ['marked by a clock that was far ahead', { isNew: false, mark: markAt(1002), spoken: slotOf(990) }, 'old'],
  ['that spoke on after the mark', { isNew: false, mark: markAt(1000, 990), spoken: slotOf(991) }, 'recent'],
  [
    'that spoke last where the mark says',
    { isNew: false, mark: markAt(1000, 990), spoken: slotOf(990) },
    'recent',
  ],
  ['that knows less than its mark', { isNew: false, mark: markAt(1000, 990), spoken: slotOf(989) }, 'old'],
  ['that knows nothing where its mark does', { isNew: false, mark: markAt(1000, 990), spoken: null }, 'old'],
];
for (const [what, found, memory] of traces) {
  test(`a database ${what} is ${memory}`, () => assert.equal(memoryOf(network, found, slotOf(1000)), memory));
}

const floor = { epoch: 100, slot: 804 };
const table: readonly (readonly [string, Partial<Known>, object])[] = [
  ['nobody has answered', {}, { type: 'asking', have: 1, need: 3, missing: [1, 2, 3] }],
  ['one has', { answered: ids(2) }, { type: 'asking', have: 2, need: 3, missing: [1, 3] }],
  [
    'strangers and itself do not count',
    { answered: ids(4, 9, 11) },
    { type: 'asking', have: 1, need: 3, missing: [1, 2, 3] },
  ],
  [
    'a recent database asks as well',
    { memory: 'recent', answered: ids(1) },
    { type: 'asking', have: 2, need: 3, missing: [2, 3] },
  ],
  ['a quorum, and nobody has a past', { answered: ids(1, 2) }, { type: 'caught-up', floor: null }],
  [
    'a quorum, recent',
    { memory: 'recent', hasPast: true, answered: ids(1, 2) },
    { type: 'caught-up', floor: null },
  ],
  [
    'a quorum with a past: wait',
    { hasPast: true, answered: ids(1, 2) },
    { type: 'settling', have: 1, need: 3, missing: [1, 2, 3] },
  ],
  [
    'half settled',
    { hasPast: true, answered: ids(1, 2, 3), settled: ids(3) },
    { type: 'settling', have: 2, need: 3, missing: [1, 2] },
  ],
  [
    'settled: up to the start nothing is signed',
    { hasPast: true, answered: ids(1, 2, 3), settled: ids(3, 1) },
    { type: 'caught-up', floor },
  ],
  [
    'an old database likewise',
    { memory: 'old', hasPast: true, answered: ids(1, 2), settled: ids(1, 2) },
    { type: 'caught-up', floor },
  ],
];
for (const [name, more, expected] of table) {
  test(`standing: ${name}`, () => assert.deepEqual(standingOf(network, known(more)), expected));
}

test('what was signed before the start has ended when the settling ends: an attestation is kept three slots', () => {
  assert.ok(settledFrom(slotOf(100)) > 100 + 1 + 3);
});

/**
 * Of 3f + 1 operators some lie, some have lost their memory, the one that asks among those; a past vote has a quorum of signers.
 * Lying operators sign and answer as they like, those without memory answer that they know nothing.
 */
const isTold = (
  n: number,
  liars: number,
  forgetful: number,
  signers: readonly number[],
  answerers: readonly number[],
): boolean => {
  const remembers = (operator: number): boolean => operator >= liars + forgetful && operator < n;
  return answerers.some((operator) => remembers(operator) && signers.includes(operator));
};

test('with at most f liars and forgetful together, a quorum of answers holds a signer of every past vote that remembers it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      fc.infiniteStream(fc.double({ noNaN: true })),
      (f, pick, chance) => {
        const [n, quorum] = [3 * f + 1, 2 * f + 1];
        const forgetful = 1 + (pick % f);
        const liars = f - forgetful;
        const self = liars;
        const everyone = Array.from({ length: n }, (_, at) => at);
        const shuffled = (): number[] =>
          everyone
            .map((at) => [chance.next().value as number, at] as const)
            .sort(([a], [b]) => a - b)
            .map(([, at]) => at);
        const signers = shuffled().slice(0, quorum);
        const answerers = shuffled()
          .filter((operator) => operator !== self)
          .slice(0, quorum - 1);
        return isTold(n, liars, forgetful, signers, answerers);
      },
    ),
    { numRuns: 2000 },
  );
});

test('with f + 1 together there is a past vote that nobody tells: the floor has to stand in', () => {
  // n = 4: operator 0 lies, 1 asks. Signers 0, 1, 2; the answers come from 0 and 3.
  assert.equal(isTold(4, 1, 1, [0, 1, 2], [0, 3]), false);
});
