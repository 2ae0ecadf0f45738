/**
 * Splitting and combining keys, checked on an independent library.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from '../../../src/core/bytes.ts';
import { COEFFICIENT_BYTES, combineShares, splitKey } from '../../../src/core/threshold/split.ts';
import { bytesOf, evaluate, publicKeyOf } from './deal.ts';

const order = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const random = (seed: number): Uint8Array =>
  Uint8Array.from({ length: COEFFICIENT_BYTES }, (_, at) => (seed * 7 + at * 31) & 0xff);
const coefficients = (count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, at) => random(at + 1));
const scalar = (bytes: Uint8Array): bigint => BigInt(toHex(bytes)) % order;

test('shares are the polynomial at the operators ids, and carry their public keys', () => {
  const secret = 0x1234567890abcdefn;
  const polynomial = [secret, ...coefficients(2).map(scalar)];
  for (const { operator, secret: share, publicKey } of splitKey(
    bytesOf(secret),
    3,
    [1, 2, 3, 4, 4000000000],
    coefficients(2),
  )) {
    assert.equal(toHex(share), toHex(bytesOf(evaluate(polynomial, operator))));
    assert.equal(toHex(publicKey), toHex(publicKeyOf(scalar(share))));
  }
});

test('the published 2-of-3 sharing f(x) = 1 + 2x gives the shares 3, 5, 7', () => {
  // Source: distributed test vectors proposed for the remote signing API.
  const two = Uint8Array.from({ length: COEFFICIENT_BYTES }, (_, at) =>
    at === COEFFICIENT_BYTES - 1 ? 2 : 0,
  );
  const shares = splitKey(bytesOf(1n), 2, [1, 2, 3], [two]);
  assert.deepEqual(
    shares.map(({ secret }) => scalar(secret)),
    [3n, 5n, 7n],
  );
});

test('any quorum of shares gives the key back, fewer give nothing', () => {
  const committees = fc.constantFrom([4, 3], [7, 5], [10, 7], [13, 9]);
  const secrets = fc.bigInt({ min: 1n, max: order - 1n });
  fc.assert(
    fc.property(
      committees,
      secrets,
      fc.infiniteStream(fc.nat()),
      ([count = 4, threshold = 3], key, picks) => {
        const ids = Array.from({ length: count }, (_, at) => at + 1);
        const shares = splitKey(bytesOf(key), threshold, ids, coefficients(threshold - 1));
        const shuffled = shares
          .map((share) => ({ share, order: picks.next().value }))
          .sort((a, b) => a.order - b.order);
        const some = shuffled.slice(0, threshold).map(({ share }) => share);
        const validator = publicKeyOf(key);
        assert.deepEqual(combineShares(some, validator), bytesOf(key));
        assert.equal(combineShares(some.slice(1), validator), null);
      },
    ),
    { numRuns: 12 },
  );
});

test('shares of different keys give nothing', () => {
  const shares = splitKey(bytesOf(5n), 3, [1, 2, 3, 4], coefficients(2));
  const others = splitKey(bytesOf(6n), 3, [1, 2, 3, 4], coefficients(2));
  const mixed = [...shares.slice(0, 2), ...others.slice(2, 3)];
  assert.equal(combineShares(mixed, publicKeyOf(5n)), null);
});

test('what cannot be split is refused, without telling the secret', () => {
  const good = bytesOf(0xdeadbeefn);
  const cases: readonly (readonly [Uint8Array, number, readonly number[], readonly Uint8Array[], RegExp])[] =
    [
      [good, 0, [1, 2], [], /threshold/],
      [good, 3, [1, 2], coefficients(2), /threshold/],
      [good, 2, [1, 2], coefficients(2), /coefficients/],
      [good, 2, [1, 1], coefficients(1), /repeat/],
      [good, 2, [0, 1], coefficients(1), /index/],
      [good, 2, [1, 2], [new Uint8Array(32).fill(1)], /48 random bytes/],
      [good, 2, [1, 2], [new Uint8Array(48)], /not random/],
      [good.subarray(1), 2, [1, 2], coefficients(1), /32 bytes/],
      [new Uint8Array(32), 2, [1, 2], coefficients(1), /above zero/],
      [fromHex(`0x${order.toString(16)}`), 2, [1, 2], coefficients(1), /below the order/],
    ];
  for (const [secret, threshold, ids, random, message] of cases) {
    assert.throws(
      () => splitKey(secret, threshold, ids, random),
      (error: Error) => message.test(error.message) && !/deadbeef/i.test(error.message),
    );
  }
});
