/**
 * Former keys of operators: read from the cluster file and written back, and which keys count in which slot.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperatorId, Slot } from '../../../src/core/ids.ts';
import { type Cluster, parseCluster } from '../../../src/core/registry/cluster.ts';
import type { Operator } from '../../../src/core/registry/committee.ts';
import { keysIn } from '../../../src/core/registry/former-keys.ts';
import { renderCluster } from '../../../src/core/registry/render-cluster.ts';
import { sampleCluster, samplePublicKey } from './sample-cluster.ts';

const withFormer = (formerKeys: unknown) => {
  const cluster = sampleCluster();
  return {
    ...cluster,
    operators: cluster.operators.map((one, at) => (at === 1 ? { ...one, formerKeys } : one)),
  };
};
const good = [
  { publicKey: samplePublicKey(77), until: 100 },
  { publicKey: samplePublicKey(78), until: 250 },
];
const parsed = (value: unknown): Cluster => {
  const outcome = parseCluster(value);
  assert.ok(outcome.type === 'ok');
  return outcome.value;
};

test('former keys are read, and written as they were read', () => {
  const cluster = parsed(withFormer(good));
  assert.deepEqual(
    cluster.operators.map(({ formerKeys }) => formerKeys?.map(({ until }) => until)),
    [undefined, [100, 250], undefined, undefined],
  );
  assert.deepEqual(parsed(renderCluster(cluster)), cluster);
  assert.deepEqual(parsed(withFormer([])), parsed(sampleCluster()));
});

const operator: Operator = {
  id: 2 as OperatorId,
  publicKeyPem: 'now',
  formerKeys: [
    { publicKeyPem: 'first', until: 100 as Slot },
    { publicKeyPem: 'second', until: 250 as Slot },
  ],
  addresses: [],
};
for (const [slot, keys] of [
  [0, ['first', 'second', 'now']],
  [99, ['first', 'second', 'now']],
  [100, ['second', 'now']],
  [249, ['second', 'now']],
  [250, ['now']],
  [2 ** 52, ['now']],
  [undefined, ['now']],
] as const) {
  test(`in slot ${slot ?? 'none'} these keys count: ${keys.join(', ')}`, () => {
    assert.deepEqual(keysIn(operator, slot as Slot | undefined), keys);
  });
}

const publicKey = samplePublicKey(77);
for (const [title, formerKeys, problem] of [
  ['no list', {}, /^operators\[1\]\.formerKeys: must be a list/],
  [
    'a key without an end',
    [{ publicKey }],
    /^operators\[1\]\.formerKeys\[0\]\.until: must be the first slot/,
  ],
  [
    'an end at slot 0',
    [{ publicKey, until: 0 }],
    /^operators\[1\]\.formerKeys\[0\]\.until: must be the first slot/,
  ],
  [
    'an end as text',
    [{ publicKey, until: '7' }],
    /^operators\[1\]\.formerKeys\[0\]\.until: must be the first slot/,
  ],
  ['no key', [{ until: 7 }], /^operators\[1\]\.formerKeys\[0\]\.publicKey: must be an RSA-2048 public key/],
  [
    'another field',
    [{ publicKey, until: 7, from: 1 }],
    /^operators\[1\]\.formerKeys\[0\]\.from: is not known here/,
  ],
  [
    'the newest first',
    [...good].reverse(),
    /^operators\[1\]\.formerKeys: must be oldest first: until 100 follows until 250$/,
  ],
  [
    'two ends in one slot',
    good.map((key) => ({ ...key, until: 9 })),
    /^operators\[1\]\.formerKeys: must be oldest first: until 9 follows until 9$/,
  ],
  [
    'more than anyone has had',
    Array.from({ length: 17 }, (_, at) => ({ publicKey: samplePublicKey(100 + at), until: 1 + at })),
    /^operators\[1\]\.formerKeys: must have 0 to 16 items/,
  ],
] as const) {
  test(`${title} is a problem with its path`, () => {
    const outcome = parseCluster(withFormer(formerKeys));
    assert.ok(outcome.type === 'problems');
    assert.match(outcome.problems.join('\n'), problem);
  });
}
