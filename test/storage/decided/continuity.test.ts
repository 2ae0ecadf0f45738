/**
 * What a node tells its next start: the mark and the floors of single validators, over closing, crashing and a new file.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import type { Epoch } from '../../../src/core/ids.ts';
import { createContinuity } from '../../../src/storage/decided/continuity.ts';
import { openDecidedFile } from '../../../src/storage/decided/open.ts';
import { keyAt, network, slotOf } from '../../core/history/sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-continuity-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const { genesisValidatorsRoot } = network;
const open = (path: string) => openDecidedFile({ path, genesisValidatorsRoot, nowMs: 1 });
const floorAt = (epoch: number) => ({ epoch: epoch as Epoch, slot: slotOf(8 * epoch) });

test('a mark is the last one that was set, and outlives the process; taken back, it is gone', () => {
  const path = join(folder, 'mark.sqlite');
  {
    using file = open(path);
    const continuity = createContinuity(file);
    assert.equal(continuity.mark(), null);
    continuity.setMark({ slot: slotOf(7), spoken: null });
    continuity.setMark({ slot: slotOf(8), spoken: slotOf(6) });
  }
  using file = open(path);
  const continuity = createContinuity(file);
  assert.deepEqual(continuity.mark(), { slot: 8, spoken: 6 });
  continuity.setMark({ slot: slotOf(9), spoken: null });
  assert.deepEqual(continuity.mark(), { slot: 9, spoken: null });
  continuity.setMark(null);
  assert.equal(continuity.mark(), null);
});

test('a floor of a validator is the highest it ever had; others have none', () => {
  const path = join(folder, 'floors.sqlite');
  {
    using file = open(path);
    const continuity = createContinuity(file);
    continuity.raiseFloors([keyAt(0), keyAt(1)], floorAt(5));
    continuity.raiseFloors([keyAt(1)], floorAt(9));
    continuity.raiseFloors([keyAt(1)], floorAt(7));
  }
  using file = open(path);
  const floors = createContinuity(file).validatorFloors();
  assert.deepEqual(Object.fromEntries(floors), { [keyAt(0)]: floorAt(5), [keyAt(1)]: floorAt(9) });
});

test('a file of the first release gets the tables', () => {
  const path = join(folder, 'first.sqlite');
  open(path)[Symbol.dispose]();
  const sql = new DatabaseSync(path);
  sql.exec('DROP TABLE mark; DROP TABLE validator_floors; PRAGMA user_version = 1');
  sql.close();
  using file = open(path);
  assert.equal(createContinuity(file).mark(), null);
  assert.equal(file.putAside, null);
});
