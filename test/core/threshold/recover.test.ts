/**
 * Recovery against an independent library: the recovered signature must be, byte for byte, the one that @noble/curves makes
 * with the whole key.
 *
 * All subsets of 13 run with QUORATE_TEST_FULL=1; without it a sample of them does.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import fc from 'fast-check';
import { toHex } from '../../../src/core/bytes.ts';
import { chooseOperators, recoverSignature, subsetsOf } from '../../../src/core/threshold/recover.ts';
import { evaluate, polynomialOf, signWith, uncompressed } from './deal.ts';

const root = new Uint8Array(32).fill(0x5a);
const isFull = process.env.QUORATE_TEST_FULL === '1';

const partialsOf = (polynomial: readonly bigint[], ids: readonly number[]) =>
  ids.map((operator) => ({ operator, signature: signWith(evaluate(polynomial, operator), root) }));

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

for (const [count, threshold, everyNth] of [
  [4, 3, 1],
  [7, 5, 1],
  [10, 7, 1],
  [13, 9, isFull ? 1 : 11],
] as const) {
  test(`any ${threshold} of ${count} partials make the signature of the whole key, compressed or not`, () => {
    const polynomial = polynomialOf(BigInt(count), threshold);
    const whole = toHex(signWith(polynomial[0] as bigint, root));
    const all = partialsOf(polynomial, numbers(count));
    const long = all.map(({ operator, signature }) => ({ operator, signature: uncompressed(signature) }));
    let seen = 0;
    for (const [at, ids] of [...subsetsOf(numbers(count), threshold)].entries()) {
      if (at % everyNth !== 0) continue;
      seen++;
      assert.equal(toHex(recoverSignature(ids.map((id) => all[id - 1] as (typeof all)[0]))), whole, `${ids}`);
      assert.equal(
        toHex(recoverSignature(ids.map((id) => long[id - 1] as (typeof long)[0]))),
        whole,
        `${ids}`,
      );
    }
    assert.ok(seen >= 4);
  });
}

test('ids up to 2^32 - 1 in any order recover the signature of the whole key', () => {
  const id = fc.oneof(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 0xffffffff }));
  const committees = fc.uniqueArray(id, { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(committees, fc.bigInt({ min: 1n, max: 1n << 250n }), (ids, seed) => {
      const polynomial = polynomialOf(seed, ids.length);
      const partials = partialsOf(polynomial, ids);
      assert.equal(toHex(recoverSignature(partials)), toHex(signWith(polynomial[0] as bigint, root)));
    }),
    { numRuns: isFull ? 200 : 12, examples: [[[0xffffffff, 1, 0xfffffffe], 7n]] },
  );
});

test('equal partials, which cancel out on the way, still recover', () => {
  const secret = 12345n;
  const signature = signWith(secret, root);
  for (const ids of [
    [1, 2, 3],
    [1, 3, 4],
    [1, 2, 4],
    [2, 3, 4],
    [5, 77, 4000000000],
  ]) {
    const partials = ids.map((operator) => ({ operator, signature }));
    assert.equal(toHex(recoverSignature(partials)), toHex(signature), `${ids}`);
  }
});

test('partials that add up to nothing recover the point at infinity, which verifies under no key', () => {
  // f(x) = x is zero at zero; at {1, 2, 4} the sum has to be divided by 3.
  const partials = partialsOf([0n, 1n], [1, 2, 4]);
  assert.equal(toHex(recoverSignature(partials)), toHex(bls12_381.G2.Point.ZERO.toBytes(true)));
});

test('bytes that are no point are refused with the name of the operator', () => {
  const partials = partialsOf(polynomialOf(3n, 3), [1, 3, 4]);
  const infinity = Uint8Array.of(0xc0, ...new Uint8Array(95));
  const offCurve = uncompressed(signWith(5n, root));
  offCurve[191] = (offCurve[191] as number) ^ 1;
  const table = [
    new Uint8Array(96),
    new Uint8Array(95),
    new Uint8Array(0),
    new Uint8Array(192),
    infinity,
    offCurve,
  ];
  for (const at of [0, 1, 2]) {
    for (const signature of table) {
      const spoiled = partials.map((partial, index) => (index === at ? { ...partial, signature } : partial));
      assert.throws(
        () => recoverSignature(spoiled),
        new RegExp(`operator ${partials[at]?.operator} is not a point`),
      );
    }
  }
});

test('operator ids that repeat or cannot be are refused', () => {
  const [partial] = partialsOf([1n], [1]);
  assert.ok(partial);
  assert.throws(() => recoverSignature([partial, partial]), /repeat/);
  for (const operator of [0, -1, 1.5, 0x100000000, Number.NaN]) {
    assert.throws(() => recoverSignature([{ ...partial, operator }]), RangeError);
  }
});

test('with all operators there, one is chosen to be left out so that nothing must be divided', () => {
  assert.deepEqual(chooseOperators([1, 2, 3, 4], 3), [1, 3, 4]);
  assert.deepEqual(chooseOperators([1, 2, 3, 4, 5, 6, 7], 5), [1, 2, 4, 5, 6]);
  assert.deepEqual(chooseOperators([1, 2, 4], 3), [1, 2, 4]);
  assert.equal(chooseOperators([12, 451, 1033, 2077], 3).length, 3);
});
