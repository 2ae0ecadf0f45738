/**
 * The combiner on threads: same answers as the core gives, calls kept apart, deaths survived.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretKey, Signature } from '@chainsafe/blst';
import { fromHex, toHex } from '../../src/core/bytes.ts';
import type { OperatorId, Root, ShareKey, ValidatorKey } from '../../src/core/ids.ts';
import { combineAndVerify } from '../../src/core/threshold/combine.ts';
import type { CombineJob } from '../../src/core/threshold/job.ts';
import { COEFFICIENT_BYTES, splitKey } from '../../src/core/threshold/split.ts';
import { createCombiner } from '../../src/crypto/combiner.ts';

const jobOf = (seed: number): CombineJob => {
  const key = SecretKey.fromKeygen(new Uint8Array(32).fill(seed));
  const coefficients = [1, 2].map((at) => new Uint8Array(COEFFICIENT_BYTES).fill(seed + at));
  const signingRoot = toHex(new Uint8Array(32).fill(seed % 3)) as Root;
  return {
    validator: toHex(key.toPublicKey().toBytes()) as ValidatorKey,
    signingRoot,
    quorum: 3,
    partials: splitKey(key.toBytes(), 3, [1, 2, 3, 4], coefficients).map(
      ({ operator, secret, publicKey }) => ({
        operator: operator as OperatorId,
        share: toHex(publicKey) as ShareKey,
        signature: SecretKey.fromBytes(secret).sign(fromHex(signingRoot)).toBytes(),
      }),
    ),
  };
};

const jobs = Array.from({ length: 9 }, (_, at) => jobOf(at + 1));
const job = jobs[0] as CombineJob;
const expected = combineAndVerify(jobs);
const dying = new URL('./dying-worker.ts', import.meta.url);

test('calls of one turn are answered each with its own results, as the core gives them', async () => {
  await using combiner = createCombiner();
  const checksOf = ({ signingRoot, partials }: CombineJob) =>
    partials.map(({ share, signature }) => ({ share, signingRoot, signature }));
  const [first, none, verdicts, second, bad] = await Promise.all([
    combiner.combine(jobs.slice(0, 4)),
    combiner.combine([]),
    combiner.verifyPartials(checksOf(job)),
    combiner.combine(jobs.slice(4)),
    combiner.verifyPartials(checksOf(job).map((check) => ({ ...check, signature: new Uint8Array(5000) }))),
  ]);
  assert.deepEqual([...first, ...second], expected);
  assert.deepEqual(none, []);
  assert.deepEqual(verdicts, [true, true, true, true]);
  assert.deepEqual(bad, [false, false, false, false]);
});

test('callers keep their partials, also those that are views of larger buffers', async () => {
  await using combiner = createCombiner({ workers: 2 });
  const large = new Uint8Array(1000).fill(7);
  const viewed = {
    ...job,
    partials: job.partials.map((partial, at) => {
      large.set(partial.signature, at * 100 + 3);
      return { ...partial, signature: large.subarray(at * 100 + 3, at * 100 + 99) };
    }),
  };
  assert.deepEqual(await combiner.combine([viewed]), [expected[0]]);
  assert.equal(large.length, 1000);
  assert.deepEqual(await combiner.combine([viewed]), [expected[0]]);
});

test("a partial may come with its y, and is verified like any other; a wrong y is nobody's fault", async () => {
  await using combiner = createCombiner();
  const withY = (yOf: (signature: Uint8Array) => Uint8Array): CombineJob => ({
    ...job,
    partials: job.partials.map((partial) => ({ ...partial, y: yOf(partial.signature) })),
  });
  const yOf = (signature: Uint8Array) => Signature.fromBytes(signature).toBytes(false).subarray(96);
  assert.deepEqual(await combiner.combine([withY(yOf)]), [expected[0]]);
  for (const wrong of [new Uint8Array(96), new Uint8Array(1000).fill(1), new Uint8Array(0)])
    assert.deepEqual(await combiner.combine([withY(() => wrong)]), [expected[0]]);
  const other = SecretKey.fromKeygen(new Uint8Array(32)).sign(new Uint8Array(32)).toBytes();
  const lied = {
    ...job,
    partials: job.partials.map((partial) =>
      partial.operator === 1 ? { ...partial, signature: other, y: yOf(other) } : partial,
    ),
  };
  assert.deepEqual(await combiner.combine([lied]), [{ ...expected[0], bad: [1] }]);
});

test('two threads share what waits', async () => {
  await using combiner = createCombiner({ workers: 2 });
  const rounds = await Promise.all(Array.from({ length: 6 }, () => combiner.combine(jobs)));
  for (const results of rounds) assert.deepEqual(results, expected);
});

test('a thread that dies fails the calls it worked on; the next call starts another', async () => {
  await using combiner = createCombiner({ program: dying });
  assert.deepEqual(await combiner.combine(jobs), expected);
  const fatal = combiner.combine([{ ...job, quorum: 99 }]);
  await assert.rejects(fatal, /crypto worker stopped with code 3/);
  assert.deepEqual(await combiner.combine(jobs), expected);
});

test('a stopped combiner refuses calls and rejects those that were waiting', async () => {
  const combiner = createCombiner();
  const waiting = combiner.combine(jobs);
  const rejected = assert.rejects(waiting, /stopped/);
  await combiner[Symbol.asyncDispose]();
  await rejected;
  await assert.rejects(
    combiner.verifyPartials([{ ...job, ...(job.partials[0] as (typeof job.partials)[0]) }]),
    /stopped/,
  );
});
