import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HealthFacts, healthOf } from '../../src/app/node-health.ts';
import type { OperatorId } from '../../src/core/ids.ts';
import { createRegistry } from '../simulation/world/cluster.ts';

const good: HealthFacts = {
  self: 1 as OperatorId,
  registry: createRegistry(4, 1),
  keysMissing: null,
  keysLoaded: 1,
  keyErrors: 0,
  isConnected: () => true,
  databaseDown: null,
  halted: null,
  catchingUp: null,
};

test('a node that lacks nothing is UP; one operator may be away', () => {
  for (const facts of [good, { ...good, isConnected: (id: OperatorId) => id !== 3 }]) {
    const { status, outcome, checks } = healthOf(facts);
    assert.deepEqual([status, outcome], ['UP', 'UP']);
    assert.ok(checks.every((check) => check.status === 'UP'));
  }
});

for (const [what, lack, id, data] of [
  ['halted', { halted: 'twin' }, 'default-check', { reason: 'twin' }],
  [
    'whose disk is full',
    { databaseDown: 'disk full' },
    'slashing-protection-db-health-check',
    { reason: 'disk full' },
  ],
  [
    'without its shares',
    { keysMissing: 'one share', keysLoaded: 0 },
    'keys-check/keystores-bulk-loading',
    { 'keys-loaded': 0, 'error-count': 0, reason: 'one share' },
  ],
  [
    'with a keystore that cannot be used',
    { keyErrors: 1 },
    'keys-check/keystores-bulk-loading',
    { 'keys-loaded': 1, 'error-count': 1 },
  ],
  [
    'with too few others',
    { isConnected: (id: OperatorId) => id === 2 },
    'operators-check',
    { connected: 1, operators: 3, missing: '3, 4' },
  ],
  ['that catches up', { catchingUp: 'asking' }, 'catch-up-check', { reason: 'asking' }],
] as const) {
  test(`a node ${what} is DOWN, and one check says why`, () => {
    const { status, outcome, checks } = healthOf({ ...good, ...lack });
    assert.deepEqual([status, outcome], ['DOWN', 'DOWN']);
    assert.deepEqual(
      checks.filter((check) => check.status === 'DOWN'),
      [{ id, status: 'DOWN', data }],
    );
  });
}
