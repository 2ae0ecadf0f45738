import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import fc from 'fast-check';
import { toHex } from '../../../src/core/bytes.ts';
import { type Cluster, parseCluster } from '../../../src/core/registry/cluster.ts';
import { judgeShares } from '../../../src/core/registry/judge-shares.ts';
import { sampleCluster } from './sample-cluster.ts';

const { Fr } = bls12_381.fields;
const publicKeyOf = (secret: bigint): string => toHex(bls12_381.G1.Point.BASE.multiply(secret).toBytes(true));

/** A cluster with one validator whose shares are f(id); `bend` may replace a share's scalar. */
const clusterOf = (
  ids: readonly number[],
  quorum: number,
  seed: bigint,
  bend = (_id: number, f: bigint) => f,
): Cluster => {
  const coefficients = Array.from({ length: quorum }, (_, at) =>
    Fr.create(seed * BigInt(at + 7) ** 29n + BigInt(at + 1)),
  );
  const at = (x: number): bigint =>
    coefficients.reduceRight((sum, coefficient) => Fr.add(Fr.mul(sum, BigInt(x)), coefficient), 0n);
  const sample = sampleCluster(ids, 1);
  sample.validators = [
    {
      publicKey: publicKeyOf(at(0)),
      shares: Object.fromEntries(ids.map((id) => [String(id), publicKeyOf(bend(id, at(id)))])),
    },
  ];
  const outcome = parseCluster(sample);
  assert.ok(outcome.type === 'ok');
  return outcome.value;
};

for (const [title, ids, quorum] of [
  ['4 consecutive operators', [1, 2, 3, 4], 3],
  ['4 scattered operators', [12, 37, 512, 70000], 3],
  ['4 operators with the largest ids', [1, 2, 4294967294, 4294967295], 3],
  ['7 operators', [1, 3, 4, 9, 11, 20, 31], 5],
  ['13 operators', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], 9],
] as const) {
  test(`true shares of ${title} are accepted, and any one that is off is found`, () => {
    assert.deepEqual(judgeShares(clusterOf(ids, quorum, 5n)), []);
    for (const wrong of ids) {
      const problems = judgeShares(clusterOf(ids, quorum, 5n, (id, f) => (id === wrong ? Fr.add(f, 1n) : f)));
      assert.match(problems.join('\n'), /^validators\[0\]\.shares: do not belong to the validator key/);
    }
  });
}

test('shares numbered by their place in place of the operator id are found', () => {
  const ids = [12, 37, 512, 70000];
  const wrong = clusterOf([1, 2, 3, 4], 3, 9n).validators[0];
  const shares = [...(wrong?.shares.values() ?? [])];
  const cluster = clusterOf(ids, 3, 9n);
  const renamed = new Map(
    cluster.validators[0]?.operators.map((id, at) => [id, shares[at] ?? ('' as never)]),
  );
  const validators = cluster.validators.map((validator) => ({ ...validator, shares: renamed }));
  assert.equal(judgeShares({ ...cluster, validators }).length, 1);
});

test('a polynomial of too high a degree is found', () => {
  assert.equal(judgeShares(clusterOf([1, 2, 3, 4], 4, 3n)).length, 1);
});

test('any secret shared among any four operators is accepted', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 100000 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(ids, fc.bigInt({ min: 1n, max: 1n << 200n }), (operators, seed) => {
      assert.deepEqual(judgeShares(clusterOf(operators, 3, seed)), []);
    }),
    { numRuns: 15 },
  );
});

test('bytes that are no point of the curve are named', () => {
  const outcome = parseCluster(sampleCluster([1, 2, 3, 4], 1));
  assert.ok(outcome.type === 'ok');
  const problems = judgeShares(outcome.value);
  assert.ok(problems.includes('validators[0].publicKey: is not a BLS public key'), problems.join('\n'));
});
