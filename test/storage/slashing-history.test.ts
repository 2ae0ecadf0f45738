import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Epoch, Root, Slot } from '../../src/core/ids.ts';
import type { Interchange } from '../../src/core/slashing/interchange.ts';
import type { SlashingItem } from '../../src/core/slashing/item.ts';
import { beyond, type KeyHistory } from '../../src/core/slashing/record.ts';
import { createSlashingHistory } from '../../src/storage/slashing-history.ts';
import { createSlashingProtection } from '../../src/storage/slashing-protection.ts';
import { StorageFailed } from '../../src/storage/storage-failed.ts';
import { attestation, block, keyOf, rootOf, words } from './slashing-items.ts';
import { type Lifetime, network, openForTest } from './temporary-folder.ts';

const open = (t: Lifetime) => {
  const database = openForTest(t);
  return {
    database,
    protection: createSlashingProtection(database),
    history: createSlashingHistory(database),
  };
};

const fileOf = (history: Partial<KeyHistory>): Interchange => ({
  genesisValidatorsRoot: network,
  histories: [{ key: keyOf(1), blocks: [], attestations: [], ...history }],
});

const votesOf = (...arrows: readonly (readonly [number, number, number | null])[]): Interchange =>
  fileOf({
    attestations: arrows.map(([source, target, root]) => ({
      source,
      target,
      signingRoot: root === null ? null : rootOf(root),
    })),
  });

test('after the minimal form only later votes and blocks are signed', (t) => {
  const { protection, history } = open(t);
  history.import({
    ...votesOf([4, 6, null]),
    histories: [
      { ...(votesOf([4, 6, null]).histories[0] as KeyHistory), blocks: [{ slot: 9, signingRoot: null }] },
    ],
  });
  const asked = [
    attestation({ source: 3, target: 7 }),
    attestation({ source: 4, target: 5 }),
    attestation({ source: 4, target: 6 }),
    block({ slot: 8 }),
    block({ slot: 9 }),
    attestation({ source: 4, target: 7 }),
    block({ slot: 10 }),
  ];
  assert.deepEqual(words(protection.record(asked)), [
    'surrounds',
    'below-minimum',
    'double-vote',
    'below-minimum',
    'double-block',
    'safe',
    'safe',
  ]);
});

test('a history that says never again holds for every slot and epoch', (t) => {
  const { protection, history } = open(t);
  history.import(
    fileOf({
      blocks: [{ slot: beyond, signingRoot: null }],
      attestations: [{ source: beyond, target: beyond, signingRoot: null }],
    }),
  );
  const last = Number.MAX_SAFE_INTEGER;
  const asked = [
    attestation({ source: last, target: last }),
    block({ slot: last }),
    attestation({ source: 0, target: 1 }),
  ];
  assert.deepEqual(words(protection.record(asked)), ['below-minimum', 'below-minimum', 'below-minimum']);
});

test('an import of what an older copy held changes nothing', (t) => {
  const { protection, history } = open(t);
  protection.record([attestation({ source: 10, target: 11 }), block({ slot: 300 })]);
  const [report] = history.import({ ...votesOf([3, 4, 1], [8, 9, 1]) });
  assert.deepEqual(report, {
    key: keyOf(1),
    attestations: 2,
    blocks: 0,
    added: 0,
    conflicting: 0,
    raisedTo: null,
  });
  assert.deepEqual(words(protection.judge([attestation({ source: 3, target: 4 })])), ['below-minimum']);
});

test('an imported root does not permit what was refused', (t) => {
  const { protection, history } = open(t);
  protection.record([
    attestation({ source: 4, target: 5, root: 1 }),
    attestation({ source: 5, target: 9, root: 1 }),
  ]);
  const [report] = history.import(votesOf([4, 5, 2], [6, 8, 2]));
  assert.equal(report?.conflicting, 2);
  const asked = [
    attestation({ source: 4, target: 5, root: 2 }),
    attestation({ source: 6, target: 8, root: 2 }),
  ];
  assert.deepEqual(words(protection.judge(asked)), ['double-vote', 'double-vote']);
  assert.deepEqual(words(protection.judge([attestation({ source: 4, target: 5, root: 1 })])), ['same-data']);
});

test('a vote from below what is remembered closes everything up to its target', (t) => {
  const { protection, history } = open(t);
  protection.record([attestation({ source: 10, target: 11 }), attestation({ source: 11, target: 20 })]);
  const [report] = history.import(votesOf([2, 15, 1]));
  assert.equal(report?.raisedTo, 15);
  const asked = [
    attestation({ source: 11, target: 15 }),
    attestation({ source: 11, target: 14 }),
    attestation({ source: 11, target: 16 }),
  ];
  assert.deepEqual(words(protection.judge(asked)), ['double-vote', 'surrounded', 'safe']);
});

test('a file of another network is refused, and nothing of it is stored', (t) => {
  const { history } = open(t);
  const file = { ...votesOf([1, 2, 1]), genesisValidatorsRoot: rootOf(7) as Root };
  assert.throws(
    () => history.import(file),
    (error: unknown) =>
      error instanceof StorageFailed &&
      error.reason === 'wrong-network' &&
      /nothing was imported/.test(error.message),
  );
  assert.deepEqual(history.keys(), []);
});

test('an import that fails half way stores nothing', (t) => {
  const { history } = open(t);
  const [good] = votesOf([1, 2, 1]).histories;
  const bad = { ...(good as KeyHistory), key: '0x12' };
  assert.throws(
    () => history.import({ genesisValidatorsRoot: network, histories: [good as KeyHistory, bad] }),
    RangeError,
  );
  assert.deepEqual(history.keys(), []);
});

const epoch = fc.nat(9);
const root = fc.integer({ min: 1, max: 2 });
const item: fc.Arbitrary<SlashingItem> = fc.oneof(
  fc.record({ source: epoch, target: epoch, root }).map(attestation),
  fc.record({ slot: epoch, root }).map(block),
);
const maybeRoot = fc.option(root.map(rootOf), { nil: null });
const imported = fc
  .record({
    attestations: fc.array(fc.record({ source: epoch, target: epoch, signingRoot: maybeRoot }), {
      maxLength: 5,
    }),
    blocks: fc.array(fc.record({ slot: epoch, signingRoot: maybeRoot }), { maxLength: 5 }),
  })
  .map(fileOf);
const change = fc.oneof(
  imported.map((file) => ({ do: 'import' as const, file })),
  epoch.map((at) => ({ do: 'prune' as const, at })),
);

/** Everything that could be asked of one key with these small numbers. */
const everything: readonly SlashingItem[] = [1, 2].flatMap((number) => [
  ...Array.from({ length: 11 }, (_, slot) => block({ slot, root: number })),
  ...Array.from({ length: 121 }, (_, at) =>
    attestation({ source: Math.floor(at / 11), target: at % 11, root: number }),
  ),
]);

test('no import and no pruning ever permits what was refused', (t) => {
  let changes = 0;
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 8 }),
      fc.array(change, { maxLength: 4 }),
      (signed, steps) => {
        const database = openForTest(t);
        const protection = createSlashingProtection(database);
        const history = createSlashingHistory(database);
        protection.record(signed);
        const refused = (): ReadonlySet<SlashingItem> =>
          new Set(everything.filter((asked) => protection.judge([asked])[0]?.type === 'slashable'));
        let before = refused();
        for (const step of steps) {
          if (step.do === 'import') history.import(step.file);
          else history.prune({ epoch: step.at as Epoch, slot: step.at as Slot });
          const after = refused();
          for (const asked of before) assert.ok(after.has(asked), JSON.stringify(asked));
          changes += after.size - before.size;
          before = after;
        }
        database.close();
      },
    ),
    { numRuns: 40 },
  );
  assert.ok(changes > 0, 'no change was ever seen');
});

test('pruning leaves one record in the place of many, and the later ones with their roots', (t) => {
  const { protection, history } = open(t);
  protection.record(
    Array.from({ length: 20 }, (_, at) => attestation({ source: at, target: at + 1, root: at + 1 })),
  );
  protection.record(Array.from({ length: 20 }, (_, at) => block({ slot: at, root: at + 1 })));
  assert.equal(history.prune({ epoch: 15 as Epoch, slot: 15 as Slot }), 13 + 14);
  const [left] = [...history.export([keyOf(1)])];
  assert.deepEqual(left?.attestations[0], { source: 13, target: 14, signingRoot: null });
  assert.deepEqual([left?.attestations.length, left?.blocks.length], [7, 6]);
  const asked = [
    attestation({ source: 13, target: 14, root: 14 }),
    attestation({ source: 16, target: 17, root: 17 }),
  ];
  assert.deepEqual(words(protection.judge(asked)), ['double-vote', 'same-data']);
  assert.equal(history.prune({ epoch: 15 as Epoch, slot: 15 as Slot }), 0);
});

test('an export, imported elsewhere, gives the same answers to everything', (t) => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 12 }), (signed) => {
      const here = openForTest(t);
      const there = openForTest(t);
      createSlashingProtection(here).record(signed);
      const histories = [...createSlashingHistory(here).export([keyOf(1)])];
      createSlashingHistory(there).import({ genesisValidatorsRoot: network, histories });
      const answers = (database: typeof here) =>
        everything.map((asked) => words(createSlashingProtection(database).judge([asked]))[0]);
      assert.deepEqual(answers(there), answers(here));
      here.close();
      there.close();
    }),
    { numRuns: 10 },
  );
});
