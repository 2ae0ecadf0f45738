import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { ValidatorKey } from '../../../src/core/ids.ts';
import { buildRegistry, validatorNumber } from '../../../src/core/registry/build-registry.ts';
import { type Cluster, type Outcome, parseCluster } from '../../../src/core/registry/cluster.ts';
import type { Registry } from '../../../src/core/registry/committee.ts';
import { hexOf, type SampleCluster, sampleCluster, samplePublicKey } from './sample-cluster.ts';

const build = (value: SampleCluster): Outcome<Registry> => {
  const cluster: Outcome<Cluster> = parseCluster(value);
  return cluster.type === 'ok' ? buildRegistry(cluster.value) : cluster;
};

const problemsOf = (value: SampleCluster): string => {
  const outcome = build(value);
  assert.equal(outcome.type, 'problems');
  return outcome.type === 'problems' ? outcome.problems.join('\n') : '';
};

for (const [size, faulty, quorum] of [
  [4, 1, 3],
  [7, 2, 5],
  [10, 3, 7],
  [13, 4, 9],
] as const) {
  test(`a committee of ${size} bears ${faulty} faulty operators and signs with ${quorum}`, () => {
    const outcome = build(sampleCluster(Array.from({ length: size }, (_, at) => at * 3 + 1)));
    assert.ok(outcome.type === 'ok');
    const [committee] = outcome.value.committees.values();
    assert.deepEqual(
      [committee?.faulty, committee?.quorum, committee?.operators.length],
      [faulty, quorum, size],
    );
  });
}

for (const size of [5, 6, 8, 12]) {
  test(`a committee of ${size} is refused`, () => {
    assert.match(problemsOf(sampleCluster(Array.from({ length: size }, (_, at) => at + 1))), /not \d+/);
  });
}

test('the committee id is the sha256 of the ascending ids as uint32 little-endian', () => {
  const outcome = build(sampleCluster([70000, 2, 512, 1]));
  assert.ok(outcome.type === 'ok');
  const hash = createHash('sha256');
  for (const id of [1, 2, 512, 70000]) hash.update(Buffer.from(Uint32Array.of(id).buffer));
  assert.equal([...outcome.value.committees.keys()][0], `0x${hash.digest('hex')}`);
});

test('validators of the same operators share a committee, others do not', () => {
  const cluster = sampleCluster([1, 2, 3, 4, 5], 3);
  const [first, second, third] = cluster.validators as [
    Record<string, unknown>,
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const keep = (entry: Record<string, unknown>, ids: number[]): void => {
    entry.operators = ids;
    entry.shares = Object.fromEntries(
      Object.entries(entry.shares as object).filter(([id]) => ids.includes(Number(id))),
    );
  };
  keep(first, [1, 2, 3, 4]);
  keep(second, [4, 3, 2, 1]);
  keep(third, [2, 3, 4, 5]);
  const outcome = build(cluster);
  assert.ok(outcome.type === 'ok');
  assert.equal(outcome.value.committees.size, 2);
});

test("a validator's number is the first six bytes of the sha256 of its key", () => {
  const key = hexOf(0xa0, 48) as ValidatorKey;
  const hash = createHash('sha256').update(Buffer.alloc(48, 0xa0)).digest();
  assert.equal(validatorNumber(key), hash.readUIntBE(0, 6));
  const outcome = build(sampleCluster());
  assert.ok(outcome.type === 'ok');
  assert.equal(outcome.value.byNumber.get(validatorNumber(key))?.key, key);
});

const at = (list: Record<string, unknown>[], index: number): Record<string, unknown> =>
  list[index] as Record<string, unknown>;

const table: readonly [string, (cluster: SampleCluster) => void, RegExp][] = [
  ['an operator id used twice', (c) => (at(c.operators, 1).id = 1), /^operators\[1\]\.id: 1 is used twice$/m],
  [
    'one RSA key for two operators',
    (c) => (at(c.operators, 1).publicKey = samplePublicKey(1)),
    /^operators\[1\]\.publicKey: is also the key of operator 1$/m,
  ],
  [
    "another operator's key as a former one",
    (c) => (at(c.operators, 1).formerKeys = [{ publicKey: samplePublicKey(1), until: 9 }]),
    /^operators\[1\]\.formerKeys\[0\]\.publicKey: is also the key of operator 1$/m,
  ],
  [
    'one former key of two operators',
    (c) => {
      for (const id of [0, 2])
        at(c.operators, id).formerKeys = [{ publicKey: samplePublicKey(77), until: 9 }];
    },
    /^operators\[2\]\.formerKeys\[0\]\.publicKey: is also the key of operator 1$/m,
  ],
  [
    'the present key among the former ones',
    (c) => (at(c.operators, 1).formerKeys = [{ publicKey: samplePublicKey(2), until: 9 }]),
    /^operators\[1\]\.formerKeys\[0\]\.publicKey: is listed for this operator already$/m,
  ],
  [
    'a validator listed twice',
    (c) => (at(c.validators, 1).publicKey = at(c.validators, 0).publicKey),
    /^validators\[1\]\.publicKey: 0xa0.* is listed twice$/m,
  ],
  [
    'an operator that is not listed',
    (c) => (at(c.validators, 0).operators = [1, 2, 3, 9]),
    /^validators\[0\]\.operators: operator 9 is not listed/m,
  ],
  [
    'an operator named twice',
    (c) => (at(c.validators, 0).operators = [1, 2, 3, 3]),
    /^validators\[0\]\.operators: names an operator twice$/m,
  ],
  [
    'a missing share',
    (c) => delete (at(c.validators, 0).shares as Record<string, unknown>)[2],
    /^validators\[0\]\.shares: operator 2 has no share$/m,
  ],
  [
    'a share of a stranger',
    (c) => ((at(c.validators, 0).shares as Record<string, unknown>)[9] = hexOf(9, 48)),
    /^validators\[0\]\.shares\.9: operator 9 is not in the committee$/m,
  ],
  [
    'one share key for two operators',
    (c) => ((at(c.validators, 0).shares as Record<string, unknown>)[2] = hexOf(0x10, 48)),
    /^validators\[0\]\.shares\.2: is the same share key as validators\[0\]\.shares\.1$/m,
  ],
  [
    'the validator key as a share',
    (c) => ((at(c.validators, 0).shares as Record<string, unknown>)[2] = hexOf(0xa0, 48)),
    /^validators\[0\]\.shares\.2: is the validator key itself$/m,
  ],
];

for (const [title, bend, problem] of table) {
  test(`${title} is a problem with its path`, () => {
    const cluster = sampleCluster();
    bend(cluster);
    assert.match(problemsOf(cluster), problem);
  });
}
