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
import { fromHex, toHex } from '../../../src/core/bytes.ts';
import { chooseOperators, recoverSignature, subsetsOf } from '../../../src/core/threshold/recover.ts';
import { evaluate, polynomialOf, signWith, uncompressed } from './deal.ts';

const root = new Uint8Array(32).fill(0x5a);
const isFull = process.env.QUORATE_TEST_FULL === '1';

/** 96 bytes: c1, then c0. */
const yOf = (signature: Uint8Array): Uint8Array => uncompressed(signature).subarray(96);

const partialsOf = (polynomial: readonly bigint[], ids: readonly number[]) =>
  ids.map((operator) => ({ operator, signature: signWith(evaluate(polynomial, operator), root) }));

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

for (const [count, threshold, everyNth] of [
  [4, 3, 1],
  [7, 5, 1],
  [10, 7, 1],
  [13, 9, isFull ? 1 : 11],
] as const) {
  test(`any ${threshold} of ${count} partials make the signature of the whole key, with their y or without`, () => {
    const polynomial = polynomialOf(BigInt(count), threshold);
    const whole = toHex(signWith(polynomial[0] as bigint, root));
    const all = partialsOf(polynomial, numbers(count));
    const long = all.map((partial) => ({ ...partial, y: yOf(partial.signature) }));
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
  const offCurve = signWith(5n, root);
  offCurve.set(Uint8Array.of(0x80, 0, 0, 0, 7), 0);
  const table = [
    new Uint8Array(96),
    new Uint8Array(95),
    new Uint8Array(0),
    uncompressed(signWith(5n, root)),
    infinity,
    offCurve,
  ];
  for (const at of [0, 1, 2]) {
    for (const signature of table) {
      for (const y of [null, yOf(signWith(5n, root))]) {
        const spoiled = partials.map((partial, index) =>
          index === at ? { operator: partial.operator, signature, y } : partial,
        );
        assert.throws(
          () => recoverSignature(spoiled),
          new RegExp(`operator ${partials[at]?.operator} is not a point`),
        );
      }
    }
  }
});

test("a y that is not the signature's changes nothing", () => {
  const polynomial = polynomialOf(11n, 3);
  const whole = toHex(signWith(polynomial[0] as bigint, root));
  const ids = [1, 3, 4];
  const partials = partialsOf(polynomial, ids);
  const p = bls12_381.fields.Fp.ORDER;
  const numbersOf = (y: Uint8Array) =>
    [0, 48].map((at) => BigInt(toHex(y.subarray(at, at + 48)))) as [bigint, bigint];
  const bytesOf = (...parts: readonly bigint[]): Uint8Array =>
    fromHex(`0x${parts.map((part) => part.toString(16).padStart(96, '0')).join('')}`, 96);
  const wrong: readonly ((y: Uint8Array) => Uint8Array)[] = [
    (y) => bytesOf(...numbersOf(y).map((part) => p - part)),
    (y) => bytesOf(...numbersOf(y).map((part) => p + part)),
    (y) => bytesOf(...numbersOf(y).toReversed()),
    (y) => {
      const [c1, c0] = numbersOf(y);
      return bytesOf(c1 + p, c0);
    },
    (y) => {
      const [c1, c0] = numbersOf(y);
      return bytesOf(c1, (c0 + 1n) % p);
    },
    () => yOf(signWith(5n, root)),
    () => new Uint8Array(96),
    () => new Uint8Array(96).fill(0xff),
    () => bytesOf(p, p),
    () => new Uint8Array(0),
    (y) => y.subarray(1),
    (y) => Uint8Array.of(...y, 0),
  ];
  for (const spoil of wrong)
    for (const liars of [[1], [3], [4], [1, 3, 4]]) {
      const given = partials.map((partial) => {
        const y = yOf(partial.signature);
        return { ...partial, y: liars.includes(partial.operator) ? spoil(y) : y };
      });
      assert.equal(toHex(recoverSignature(given)), whole, `${spoil}, ${liars}`);
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
