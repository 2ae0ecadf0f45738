import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countRecords, findContradictions } from './contradictions.ts';

const history = (
  votes: readonly [source: number, target: number, root: string][],
  blocks: readonly [number, string][] = [],
) => ({
  data: [
    {
      pubkey: '0xaa',
      signed_attestations: votes.map(([source, target, root]) => ({
        source_epoch: String(source),
        target_epoch: String(target),
        signing_root: root,
      })),
      signed_blocks: blocks.map(([slot, root]) => ({ slot: String(slot), signing_root: root })),
    },
  ],
});

test('operators that signed the same agree, also where one has fewer records', () => {
  const documents = [
    history(
      [
        [0, 1, '0x1'],
        [1, 2, '0x2'],
      ],
      [[9, '0xb']],
    ),
    history([[0, 1, '0x1']], [[9, '0xb']]),
  ];
  assert.deepEqual(findContradictions(documents), []);
  assert.equal(countRecords(documents), 5);
});

test('different votes for one target at two operators are a contradiction', () => {
  assert.deepEqual(findContradictions([history([[0, 1, '0x1']]), history([[0, 1, '0x3']])]), [
    '0xaa: 2 different votes for target epoch 1',
  ]);
});

test('a vote of one operator around a vote of another is a contradiction', () => {
  assert.equal(findContradictions([history([[0, 4, '0x1']]), history([[1, 3, '0x2']])]).length, 1);
});

test('different blocks for one slot are a contradiction', () => {
  assert.deepEqual(findContradictions([history([], [[9, '0xb']]), history([], [[9, '0xc']])]), [
    '0xaa: different blocks for slot 9',
  ]);
});
