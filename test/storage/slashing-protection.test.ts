import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { SlashingItem } from '../../src/core/slashing/item.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createSlashingProtection } from '../../src/storage/slashing-protection.ts';
import { createModelSlashing } from '../fakes/slashing.ts';
import { slashingContract } from './slashing-contract.ts';
import { attestation, block, keyOf, words } from './slashing-items.ts';
import { network, openForTest } from './temporary-folder.ts';

slashingContract('the fake', () => createModelSlashing());
slashingContract('stored', () => createSlashingProtection(openForTest({ after })));

const small = fc.nat(12);
const key = fc.constantFrom(keyOf(1), keyOf(2));
const root = fc.integer({ min: 1, max: 2 });
const item: fc.Arbitrary<SlashingItem> = fc.oneof(
  fc.record({ key, source: small, target: small, root }).map(attestation),
  fc.record({ key, slot: small, root }).map(block),
);
type Step =
  | { readonly do: 'record' | 'judge'; readonly items: readonly SlashingItem[] }
  | { readonly do: 'restart' };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('record', 'judge'), items: fc.array(item, { maxLength: 6 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

test('the stored protection and the model say the same, item by item, across restarts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-storage-'));
  try {
    let file = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const path = join(folder, `${file++}.sqlite`);
        const model = createModelSlashing();
        let database = openDatabase({ path, create: true, genesisValidatorsRoot: network });
        let stored = createSlashingProtection(database);
        try {
          for (const now of steps) {
            if (now.do === 'restart') {
              database.close();
              database = openDatabase({ path, create: false, genesisValidatorsRoot: network });
              stored = createSlashingProtection(database);
            } else assert.deepEqual(words(stored[now.do](now.items)), words(model[now.do](now.items)));
          }
        } finally {
          database.close();
        }
      }),
      { numRuns: 150 },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a refusal names both colliding votes and roots', (t) => {
  const protection = createSlashingProtection(openForTest(t));
  protection.record([attestation({ source: 4, target: 5 })]);
  const [verdict] = protection.judge([attestation({ source: 3, target: 6 })]);
  assert.ok(verdict?.type === 'slashable');
  assert.match(verdict.detail, /^attestation 3 -> 6 surrounds the recorded 4 -> 5 \(signing root 0x0+1\)$/);
});

test('a batch in which one item is not a valid item is stored not at all', (t) => {
  const protection = createSlashingProtection(openForTest(t));
  const good = attestation({ source: 4, target: 5 });
  assert.throws(() => protection.record([good, { ...good, key: '0x12' }]), RangeError);
  assert.deepEqual(words(protection.record([attestation({ source: 4, target: 5, root: 2 })])), ['safe']);
});
