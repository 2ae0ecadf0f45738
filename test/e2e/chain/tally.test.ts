import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Block, EpochDuties } from './beacon-api.ts';
import { findSlashable } from './slashable.ts';
import { bitAt, tallyEpoch } from './tally.ts';

const root = (byte: string): string => `0x${byte.repeat(32)}`;

const attestation = (slot: number, bits: string, head = root('aa')) => ({
  aggregation_bits: bits,
  data: {
    slot: String(slot),
    index: '1',
    beacon_block_root: head,
    source: { epoch: '0', root: root('00') },
    target: { epoch: '1', root: root('11') },
  },
});

const block = (
  slot: number,
  proposer: number,
  attestations: Block['body']['attestations'],
  sync = '0x00000000',
): Block => ({
  slot: String(slot),
  proposer_index: String(proposer),
  body: {
    attestations,
    sync_aggregate: { sync_committee_bits: sync },
    proposer_slashings: [],
    attester_slashings: [],
  },
});

const duties: EpochDuties = {
  epoch: 1,
  attesters: [{ validator: 50, slot: 9, committeeIndex: 1, committeeLength: 4, position: 2 }],
  proposers: [{ validator: 51, slot: 12 }],
  sync: [{ validator: 50, positions: [0, 9] }],
};

const blocksOf = (...blocks: Block[]) => new Map(blocks.map((one) => [Number(one.slot), one]));
const nothing = () => false;

test('bits of an SSZ bitlist count from the lowest bit of the first byte', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 8, 9, 16].map((index) => bitAt('0x1502', index)),
    [true, false, true, false, false, true, false],
  );
});

test('an attestation counts at the end of its inclusion window and not after it', () => {
  // 0b10100: bit 2 is the validator, bit 4 the list's length.
  const included = (slot: number) =>
    tallyEpoch(duties, undefined, blocksOf(block(slot, 0, [attestation(9, '0x14')])), nothing).attestations
      .done;
  assert.deepEqual([10, 17, 18].map(included), [1, 1, 0]);
});

test("an attestation of the slot in which only others' bits are set does not count", () => {
  const { attestations, missed } = tallyEpoch(
    duties,
    undefined,
    blocksOf(block(10, 0, [attestation(9, '0x1b')])),
    nothing,
  );
  assert.deepEqual(attestations, { due: 1, done: 0 });
  assert.equal(missed[0], 'attestation of validator 50 in slot 9');
});

test('a block counts only if it is by the validator whose turn it was', () => {
  const done = (proposer: number) =>
    tallyEpoch(duties, undefined, blocksOf(block(12, proposer, [])), nothing).blocks.done;
  assert.deepEqual([done(51), done(3)], [1, 0]);
});

test('sync duties count by seat in the block of the next slot, where there is one', () => {
  const blocks = blocksOf(
    block(8, 0, [], '0x01020000'),
    block(9, 0, [], '0x01020000'),
    block(10, 0, [], '0x01000000'),
    block(17, 0, [], '0x01020000'),
  );
  assert.deepEqual(tallyEpoch(duties, undefined, blocks, nothing).sync, { due: 4, done: 3 });
});

test("the last slot's sync signatures are those of the next epoch's members", () => {
  const next: EpochDuties = {
    epoch: 2,
    attesters: [],
    proposers: [],
    sync: [{ validator: 51, positions: [3] }],
  };
  const blocks = blocksOf(block(16, 0, [], '0x08000000'));
  assert.deepEqual(tallyEpoch(duties, next, blocks, nothing).sync, { due: 1, done: 1 });
});

test('aggregates and contributions count by the names that a client logged', () => {
  const seen = new Set(['aggregate/9/50', 'contribution/8/50/0', 'contribution/8/50/1']);
  const tally = tallyEpoch(duties, undefined, new Map(), (name) => seen.has(name));
  assert.deepEqual(tally.aggregates, { due: 1, done: 1 });
  assert.deepEqual(tally.contributions, { due: 14, done: 2 });
});

test('the same vote in two blocks is no contradiction, two heads for one target are', () => {
  const same = blocksOf(block(10, 0, [attestation(9, '0x14')]), block(11, 0, [attestation(9, '0x14')]));
  const other = blocksOf(
    block(10, 0, [attestation(9, '0x14')]),
    block(11, 0, [attestation(9, '0x14', root('bb'))]),
  );
  assert.deepEqual(findSlashable([duties], same), []);
  assert.deepEqual(findSlashable([duties], other), ['validator 50 contradicted itself for target 1']);
});

test('a slashing that somebody else put into a block is found', () => {
  const slashing = block(10, 0, []);
  const blocks = blocksOf({ ...slashing, body: { ...slashing.body, attester_slashings: [{}] } });
  assert.deepEqual(findSlashable([duties], blocks), ['the block of slot 10 carries a slashing']);
});
