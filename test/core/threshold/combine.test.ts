/**
 * Combining under attack: whatever operators send, a result verifies or says who spoiled it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretKey, Signature } from '@chainsafe/blst';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { fromHex, toHex } from '../../../src/core/bytes.ts';
import type { OperatorId, Root, ShareKey, ValidatorKey } from '../../../src/core/ids.ts';
import { combineAndVerify, verifyPartials } from '../../../src/core/threshold/combine.ts';
import type { CombineJob } from '../../../src/core/threshold/job.ts';
import { COEFFICIENT_BYTES, type KeyShare, splitKey } from '../../../src/core/threshold/split.ts';
import { bytesOf, publicKeyOf, verifies } from './deal.ts';

const rootOf = (byte: number): Root => toHex(new Uint8Array(32).fill(byte)) as Root;

const sharesOf = (key: bigint, count: number, quorum: number): readonly KeyShare[] =>
  splitKey(
    bytesOf(key),
    quorum,
    Array.from({ length: count }, (_, at) => at + 1),
    Array.from({ length: quorum - 1 }, (_, at) =>
      new Uint8Array(COEFFICIENT_BYTES).fill(Number(key % 97n) + at + 1),
    ),
  );

const jobOf = (key: bigint, root: Root, shares: readonly KeyShare[], quorum: number): CombineJob => ({
  validator: toHex(publicKeyOf(key)) as ValidatorKey,
  signingRoot: root,
  quorum,
  partials: shares.map(({ operator, secret, publicKey }) => ({
    operator: operator as OperatorId,
    share: toHex(publicKey) as ShareKey,
    signature: SecretKey.fromBytes(secret).sign(fromHex(root)).toBytes(),
  })),
});

const spoil = (job: CombineJob, bad: ReadonlyMap<number, Uint8Array>): CombineJob => ({
  ...job,
  partials: job.partials.map((partial) => ({
    ...partial,
    signature: bad.get(partial.operator) ?? partial.signature,
  })),
});

/** What an operator would sign under another root. */
const sharesSignature = (key: bigint, root: Root, operator: number): Uint8Array => {
  const share = sharesOf(key, 4, 3).find((one) => one.operator === operator) as KeyShare;
  return SecretKey.fromBytes(share.secret).sign(fromHex(root)).toBytes();
};

const assertCombined = (job: CombineJob, result: unknown, bad: readonly number[]): void => {
  const {
    type,
    signature,
    bad: named,
  } = result as { type: string; signature: Uint8Array; bad: readonly number[] };
  assert.equal(type, 'combined');
  assert.deepEqual([...named], bad);
  assert.equal(signature.length, 96);
  assert.ok(verifies(signature, fromHex(job.signingRoot), fromHex(job.validator)));
};

const { Point } = bls12_381.G2;
type G2 = typeof Point.BASE;

/** By doubling and adding: the library's own multiplication takes scalars below the order only. */
const multiply = (point: G2, scalar: bigint): G2 =>
  [...scalar.toString(2)].reduce(
    (sum, bit) => (bit === '1' ? sum.double().add(point) : sum.double()),
    Point.ZERO,
  );

/** A point of the curve by its x, in the subgroup or (nearly always) not; null where no point has that x. */
const pointAt = (x: number): G2 | null => {
  const bytes = new Uint8Array(96);
  bytes[0] = 0x80;
  bytes[95] = x;
  try {
    // This parser does not check the subgroup.
    const hex = Signature.fromBytes(bytes).toHex(false).slice(2);
    const at = (index: number): bigint => BigInt(`0x${hex.slice(96 * index, 96 * index + 96)}`);
    return Point.fromAffine({ x: { c0: at(1), c1: at(0) }, y: { c0: at(3), c1: at(2) } });
  } catch {
    return null;
  }
};

/** A point of order 13: on the curve of G2, outside its subgroup. */
const torsion = ((): G2 => {
  const cofactor = Point.CURVE().h as bigint;
  assert.equal(cofactor % 169n, 0n);
  for (let x = 1; x < 100; x++) {
    const point = pointAt(x);
    if (point === null) continue;
    const small = multiply(multiply(point, Point.Fn.ORDER), cofactor / 169n);
    if (small.is0()) continue;
    const times13 = multiply(small, 13n);
    return times13.is0() ? small : times13;
  }
  assert.fail('no point of order 13 found');
})();

/** 192 bytes by hand, because the library refuses to write such a point. */
const offSubgroup = (signature: Uint8Array): Uint8Array => {
  const { x, y } = Point.fromBytes(signature).add(torsion).toAffine();
  const digits = [x.c1, x.c0, y.c1, y.c0].map((value) => value.toString(16).padStart(96, '0'));
  return Signature.fromBytes(fromHex(`0x${digits.join('')}`)).toBytes();
};

test('jobs of one and of many roots combine, from quorums and from full committees', () => {
  const jobs: CombineJob[] = [];
  for (const [count, quorum] of [
    [4, 3],
    [7, 5],
    [10, 7],
    [13, 9],
  ] as const) {
    const key = BigInt(count) * 1000n;
    const shares = sharesOf(key, count, quorum);
    jobs.push(jobOf(key, rootOf(1), shares, quorum));
    jobs.push(jobOf(key, rootOf(count), shares.slice(1, quorum + 1), quorum));
    jobs.push(jobOf(key, rootOf(2), shares.slice(-quorum).toReversed(), quorum));
  }
  for (const [at, result] of combineAndVerify(jobs).entries())
    assertCombined(jobs[at] as CombineJob, result, []);
});

test('partials with their y combine to the same signature', () => {
  const job = jobOf(9n, rootOf(1), sharesOf(9n, 4, 3), 3);
  const yOf = (signature: Uint8Array) => Point.fromBytes(signature).toBytes(false).subarray(96);
  const withY = {
    ...job,
    partials: job.partials.map((partial) => ({ ...partial, y: yOf(partial.signature) })),
  };
  assert.deepEqual(combineAndVerify([withY]), combineAndVerify([job]));
});

test('a bad partial of any kind is named, and the rest combine without it', () => {
  const job = jobOf(77n, rootOf(3), sharesOf(77n, 4, 3), 3);
  const partials = job.partials.map(({ signature }) => signature);
  const infinity = Uint8Array.of(0xc0, ...new Uint8Array(95));
  const bad: readonly (readonly [string, Uint8Array])[] = [
    ['empty', new Uint8Array(0)],
    ['short', (partials[0] as Uint8Array).subarray(0, 95)],
    ['too long', new Uint8Array(4000)],
    ['zeros', new Uint8Array(96)],
    ['zeros, 192 bytes', new Uint8Array(192)],
    ['infinity', infinity],
    ['infinity, 192 bytes', Uint8Array.of(0x40, ...new Uint8Array(191))],
    [
      'another root',
      SecretKey.fromBytes(bytesOf(5n))
        .sign(fromHex(rootOf(9)))
        .toBytes(),
    ],
    ['another operator', partials[1] as Uint8Array],
    ['outside the subgroup', offSubgroup(partials[0] as Uint8Array)],
  ];
  for (const [name, signature] of bad) {
    const spoiled = spoil(job, new Map([[1, signature]]));
    const [result] = combineAndVerify([spoiled]);
    assertCombined(spoiled, result, [1]);
    const [short] = combineAndVerify([{ ...spoiled, partials: spoiled.partials.slice(0, 3) }]);
    assert.deepEqual(short, { type: 'short', bad: [1] }, name);
  }
});

test('an operator that spoils some jobs of a slot is named for those only', () => {
  const jobs = Array.from({ length: 8 }, (_, at) => {
    const key = 500n + BigInt(at);
    const job = jobOf(key, rootOf(at < 6 ? 1 : 2), sharesOf(key, 4, 3), 3);
    return at % 3 === 1
      ? spoil(job, new Map([[3, (job.partials[0] as { signature: Uint8Array }).signature]]))
      : job;
  });
  for (const [at, result] of combineAndVerify(jobs).entries()) {
    assertCombined(jobs[at] as CombineJob, result, at % 3 === 1 ? [3] : []);
  }
});

test('errors that cancel out in a plain sum are found', () => {
  const jobs = [600n, 601n].map((key) => jobOf(key, rootOf(1), sharesOf(key, 4, 3).slice(0, 3), 3));
  const error = SecretKey.fromBytes(bytesOf(99n)).sign(new Uint8Array(32)).toBytes();
  const cancelling = jobs.map((job, at) => {
    const own = Point.fromBytes((job.partials[0] as { signature: Uint8Array }).signature);
    const delta = Point.fromBytes(error);
    return spoil(job, new Map([[1, (at === 0 ? own.add(delta) : own.subtract(delta)).toBytes(true)]]));
  });
  for (const result of combineAndVerify(cancelling)) assert.deepEqual(result, { type: 'short', bad: [1] });
});

test('two liars leave four operators short, and seven operators whole', () => {
  const wrong = SecretKey.fromBytes(bytesOf(5n)).sign(new Uint8Array(32)).toBytes();
  const liars = new Map([
    [2, wrong],
    [3, wrong],
  ]);
  const four = spoil(jobOf(70n, rootOf(1), sharesOf(70n, 4, 3), 3), liars);
  const seven = spoil(jobOf(71n, rootOf(1), sharesOf(71n, 7, 5), 5), liars);
  const [short, whole] = combineAndVerify([four, seven]);
  assert.deepEqual(short, { type: 'short', bad: [2, 3] });
  assertCombined(seven, whole, [2, 3]);
});

test('a job below its quorum is short at once, and nobody is blamed', () => {
  const job = jobOf(80n, rootOf(1), sharesOf(80n, 4, 3).slice(0, 2), 3);
  assert.deepEqual(combineAndVerify([job, { ...job, partials: [] }]), [
    { type: 'short', bad: [] },
    { type: 'short', bad: [] },
  ]);
  assert.deepEqual(combineAndVerify([]), []);
});

test('a repeated operator counts once, by its first partial', () => {
  const job = jobOf(81n, rootOf(1), sharesOf(81n, 4, 3).slice(0, 3), 3);
  const [first] = job.partials;
  assert.ok(first);
  const [result] = combineAndVerify([
    { ...job, partials: [...job.partials, { ...first, signature: new Uint8Array(96) }] },
  ]);
  assertCombined(job, result, []);
  const two = [first, ...job.partials.slice(0, 2)];
  assert.deepEqual(combineAndVerify([{ ...job, partials: two }]), [{ type: 'short', bad: [] }]);
});

test('good partials of shares that are not of the validator key combine to nothing', () => {
  const job = {
    ...jobOf(82n, rootOf(1), sharesOf(82n, 4, 3), 3),
    validator: toHex(publicKeyOf(83n)) as ValidatorKey,
  };
  assert.deepEqual(combineAndVerify([job]), [{ type: 'short', bad: [] }]);
  const impossible = { ...job, validator: toHex(new Uint8Array(48)) as ValidatorKey };
  assert.deepEqual(combineAndVerify([impossible]), [{ type: 'short', bad: [] }]);
});

test('one share of another sharing is left out where the other good ones suffice', () => {
  const job = jobOf(84n, rootOf(1), sharesOf(84n, 4, 3), 3);
  const stranger = jobOf(85n, rootOf(1), sharesOf(85n, 4, 3), 3);
  const mixed = { ...job, partials: job.partials.with(0, stranger.partials[0] as (typeof job.partials)[0]) };
  assertCombined(mixed, combineAndVerify([mixed])[0], []);
});

test('partials are judged one by one in order, whatever stands beside them', () => {
  const jobs = [90n, 91n].map((key, at) => jobOf(key, rootOf(at + 1), sharesOf(key, 4, 3), 3));
  const checks = jobs.flatMap(({ signingRoot, partials }) =>
    partials.map(({ share, signature }) => ({ share, signingRoot, signature })),
  );
  assert.deepEqual(
    verifyPartials(checks),
    checks.map(() => true),
  );
  const spoiled = checks.map((check, at) => (at === 1 ? { ...check, signature: new Uint8Array(3) } : check));
  assert.deepEqual(
    verifyPartials(spoiled),
    checks.map((_, at) => at !== 1),
  );
  const swapped = checks.map((check, at) =>
    at === 6 ? { ...check, share: toHex(new Uint8Array(48)) as ShareKey } : check,
  );
  assert.deepEqual(
    verifyPartials(swapped),
    checks.map((_, at) => at !== 6),
  );
  assert.deepEqual(verifyPartials([]), []);
});

for (const count of [17, 18, 31, 32]) {
  test(`of ${count} signatures of one root that are checked together, the bad one is found and mended`, () => {
    const jobs = Array.from({ length: count }, (_, at) =>
      jobOf(BigInt(at + 11), rootOf(9), sharesOf(BigInt(at + 11), 4, 3), 3),
    );
    for (const at of [0, count - 1]) {
      const bad = spoil(
        jobs[at] as CombineJob,
        new Map([[3, sharesSignature(BigInt(at + 11), rootOf(8), 3)]]),
      );
      const results = combineAndVerify(jobs.with(at, bad));
      results.forEach((result, index) => {
        assertCombined(jobs[index] as CombineJob, result, index === at ? [3] : []);
      });
    }
  });
}
