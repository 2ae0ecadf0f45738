/**
 * What every ports.SlashingProtection must do. The stored one and the fake both pass it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SlashingItem } from '../../src/core/slashing/item.ts';
import type { SlashingProtection } from '../../src/workflow/ports.ts';
import { attestation, block, keyOf, words } from './slashing-items.ts';

interface Case {
  readonly title: string;
  readonly signed: readonly SlashingItem[];
  readonly asked: SlashingItem;
  readonly answer: string;
}

const vote = (source: number, target: number, root = 1): SlashingItem =>
  attestation({ source, target, root });

const cases: readonly Case[] = [
  { title: 'the first vote of a key is safe', signed: [], asked: vote(4, 5), answer: 'safe' },
  { title: 'the genesis vote is safe once', signed: [], asked: vote(0, 0), answer: 'safe' },
  { title: 'the next epoch is safe', signed: [vote(4, 5)], asked: vote(5, 6), answer: 'safe' },
  {
    title: 'the same root again is the same data',
    signed: [vote(4, 5)],
    asked: vote(4, 5),
    answer: 'same-data',
  },
  {
    title: 'the same root again is the same data, also below the latest vote',
    signed: [vote(4, 5), vote(5, 6)],
    asked: vote(4, 5),
    answer: 'same-data',
  },
  {
    title: 'another root for the target is a double vote',
    signed: [vote(4, 5)],
    asked: vote(4, 5, 2),
    answer: 'double-vote',
  },
  {
    title: 'another source for the target is a double vote',
    signed: [vote(4, 5)],
    asked: vote(3, 5),
    answer: 'double-vote',
  },
  {
    title: 'a vote around an earlier one surrounds it',
    signed: [vote(4, 5)],
    asked: vote(3, 6),
    answer: 'surrounds',
  },
  {
    title: 'a vote inside an earlier one is surrounded',
    signed: [vote(1, 2), vote(2, 9)],
    asked: vote(3, 8),
    answer: 'surrounded',
  },
  {
    title: 'the same source and a later target is safe',
    signed: [vote(4, 5)],
    asked: vote(4, 6),
    answer: 'safe',
  },
  {
    title: 'a gap between votes may be filled',
    signed: [vote(4, 5), vote(4, 9)],
    asked: vote(4, 7),
    answer: 'safe',
  },
  {
    title: 'a source below the lowest is refused',
    signed: [vote(4, 6)],
    asked: vote(3, 5),
    answer: 'below-minimum',
  },
  {
    title: 'a target below the lowest is refused',
    signed: [vote(4, 6)],
    asked: vote(4, 5),
    answer: 'below-minimum',
  },
  {
    title: 'a source after its target is refused',
    signed: [],
    asked: vote(6, 5),
    answer: 'source-after-target',
  },
  { title: 'the first block of a key is safe', signed: [], asked: block({ slot: 0 }), answer: 'safe' },
  { title: 'a later block is safe', signed: [block({ slot: 7 })], asked: block({ slot: 8 }), answer: 'safe' },
  {
    title: 'the same block again is the same data',
    signed: [block({ slot: 7 })],
    asked: block({ slot: 7 }),
    answer: 'same-data',
  },
  {
    title: 'another block for the slot is a double block',
    signed: [block({ slot: 7 })],
    asked: block({ slot: 7, root: 2 }),
    answer: 'double-block',
  },
  {
    title: 'a slot below the lowest is refused',
    signed: [block({ slot: 7 })],
    asked: block({ slot: 6 }),
    answer: 'below-minimum',
  },
  {
    title: 'a skipped slot may be filled',
    signed: [block({ slot: 7 }), block({ slot: 9 })],
    asked: block({ slot: 8 }),
    answer: 'safe',
  },
  { title: 'blocks and votes do not meet', signed: [vote(4, 5)], asked: block({ slot: 1 }), answer: 'safe' },
  {
    title: 'the histories of two keys do not meet',
    signed: [vote(4, 5)],
    asked: attestation({ key: keyOf(2), source: 3, target: 6 }),
    answer: 'safe',
  },
  {
    title: 'numbers up to 2^53 - 1 are exact',
    signed: [vote(4, Number.MAX_SAFE_INTEGER - 1)],
    asked: vote(4, Number.MAX_SAFE_INTEGER),
    answer: 'safe',
  },
];

export const slashingContract = (name: string, create: () => SlashingProtection): void => {
  describe(`slashing protection, ${name}`, () => {
    for (const { title, signed, asked, answer } of cases) {
      test(title, () => {
        const protection = create();
        assert.deepEqual(
          words(protection.record(signed)),
          signed.map(() => 'safe'),
        );
        assert.deepEqual(words(protection.judge([asked])), [answer]);
        assert.deepEqual(words(protection.record([asked])), [answer]);
      });
    }

    test('judging stores nothing', () => {
      const protection = create();
      assert.deepEqual(words(protection.judge([vote(4, 5)])), ['safe']);
      assert.deepEqual(words(protection.record([vote(4, 5, 2)])), ['safe']);
    });

    test('what is refused is not stored', () => {
      const protection = create();
      assert.deepEqual(words(protection.record([vote(4, 5), vote(3, 6), vote(4, 6)])), [
        'safe',
        'surrounds',
        'safe',
      ]);
    });

    test('an item of a batch meets those before it, in judging too', () => {
      const batch = [vote(4, 5), vote(4, 5), vote(4, 5, 2), block({ slot: 1 }), block({ slot: 1, root: 2 })];
      const answers = ['safe', 'same-data', 'double-vote', 'safe', 'double-block'];
      const protection = create();
      assert.deepEqual(words(protection.judge(batch)), answers);
      assert.deepEqual(words(protection.record(batch)), answers);
    });

    test('an empty batch has no answers', () => {
      const protection = create();
      assert.deepEqual(protection.record([]), []);
      assert.deepEqual(protection.judge([]), []);
    });
  });
};
