/**
 * The official interchange tests (eth-clients/slashing-protection-interchange-tests 5.3.0), one test per file.
 *
 * Each step imports a file and then asks for signatures; what is answered is recorded, as a signer would. A step gives two
 * expectations: `should_succeed` for clients that keep a minimal history, `should_succeed_complete` for those that keep all
 * of it. We keep all of it (src/storage/slashing-history.ts says why), so the second one is ours. A step that contains
 * slashable data may be refused by a client that checks imports; we import it, and then refuse what it forbids.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Root } from '../../src/core/ids.ts';
import type { SlashingItem } from '../../src/core/slashing/item.ts';
import { parseInterchange } from '../../src/core/slashing/parse-interchange.ts';
import type { Database } from '../../src/storage/database.ts';
import { createSlashingHistory } from '../../src/storage/slashing-history.ts';
import { createSlashingProtection } from '../../src/storage/slashing-protection.ts';
import { StorageFailed } from '../../src/storage/storage-failed.ts';
import { attestation, block } from './slashing-items.ts';
import { openForTest } from './temporary-folder.ts';

interface Attempt {
  readonly pubkey: string;
  readonly signing_root: string;
  readonly should_succeed_complete: boolean;
}

interface Step {
  readonly should_succeed: boolean;
  readonly interchange: unknown;
  readonly blocks: readonly (Attempt & { readonly slot: string })[];
  readonly attestations: readonly (Attempt & {
    readonly source_epoch: string;
    readonly target_epoch: string;
  })[];
}

interface VectorFile {
  readonly name: string;
  readonly genesis_validators_root: string;
  readonly steps: readonly Step[];
}

const folder = join(
  process.env.QUORATE_VECTORS ?? join(import.meta.dirname, '../../../shared/vectors'),
  'eip3076',
);
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];

const imported = (database: Database, value: unknown): boolean => {
  const parsed = parseInterchange(JSON.stringify(value));
  assert.equal(parsed.type, 'parsed', JSON.stringify(parsed));
  if (parsed.type !== 'parsed') return false;
  try {
    createSlashingHistory(database).import(parsed.interchange);
    return true;
  } catch (error) {
    assert.ok(error instanceof StorageFailed && error.reason === 'wrong-network', String(error));
    return false;
  }
};

const run = (database: Database, step: Step): number => {
  assert.equal(imported(database, step.interchange), step.should_succeed, 'import');
  const protection = createSlashingProtection(database);
  const ask = (item: SlashingItem, { signing_root, should_succeed_complete }: Attempt): void => {
    const asked = { ...item, signingRoot: signing_root as Root };
    const [verdict] = protection.record([asked]);
    assert.equal(verdict?.type !== 'slashable', should_succeed_complete, JSON.stringify({ asked, verdict }));
  };
  for (const attempt of step.blocks) ask(block({ key: attempt.pubkey, slot: Number(attempt.slot) }), attempt);
  for (const attempt of step.attestations) {
    const [source, target] = [Number(attempt.source_epoch), Number(attempt.target_epoch)];
    ask(attestation({ key: attempt.pubkey, source, target }), attempt);
  }
  return step.blocks.length + step.attestations.length;
};

const skip =
  files.length === 0 && `NOT RUN: no interchange vectors in ${folder}; set QUORATE_VECTORS to their folder`;

for (const file of files) {
  test(`official interchange test ${file}`, (t) => {
    const vector = JSON.parse(readFileSync(join(folder, file), 'utf8')) as VectorFile;
    const database = openForTest(t, undefined, vector.genesis_validators_root as Root);
    assert.ok(vector.steps.length > 0);
    for (const step of vector.steps) run(database, step);
  });
}

test('all 38 official interchange tests were there', { skip }, () => {
  assert.equal(files.length, 38);
});
