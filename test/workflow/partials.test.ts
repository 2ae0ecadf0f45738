/**
 * Partials of several operators, until a quorum of them makes a signature: combined when wanted, once, and again where it helps.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperatorId, Root, ShareKey, Slot } from '../../src/core/ids.ts';
import { noteY } from '../../src/core/threshold/known-y.ts';
import { fakeCombiner, partialSignature } from '../fakes/signing.ts';
import { bad, endMs, network, root, setUp, slot } from './partials-scene.ts';

test('a quorum is combined where someone waits for it, once', async () => {
  const { calls, add, want, settle } = setUp();
  for (const from of [1, 2, 3]) add(from);
  await settle();
  assert.deepEqual(calls, [], 'nobody wants it yet');
  const answer = want();
  await settle();
  assert.equal(answer.isSigned, true);
  add(4);
  want();
  await settle();
  assert.deepEqual(calls, [1]);
});

test('less than a quorum is not combined', async () => {
  const { calls, add, want, settle } = setUp();
  want();
  for (const from of [1, 2]) add(from);
  await settle();
  assert.deepEqual(calls, []);
});

test('what becomes ready at once is combined in one call', async () => {
  const { calls, other, add, want, settle } = setUp();
  const answers = [want(), want('attestation', other)];
  for (const from of [1, 2, 3]) {
    add(from);
    add(from, { of: other });
  }
  await settle();
  assert.deepEqual(calls, [2]);
  assert.deepEqual(
    answers.map(({ isSigned }) => isSigned),
    [true, true],
  );
});

test('a bad partial is dropped, its operator named, and the next good one completes the signature', async () => {
  const { calls, events, add, want, settle } = setUp();
  const answer = want();
  add(1, { signature: bad });
  add(2);
  add(3);
  await settle();
  assert.equal(answer.isSigned, false);
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'bad-partial' ? event.from : [])),
    [1],
  );
  assert.equal(add(1), 'known', 'it had its word');
  await settle();
  assert.deepEqual(calls, [1]);
  add(4);
  await settle();
  assert.equal(answer.isSigned, true);
});

test('a root for which its partial was bad counts among those that an operator may send', async () => {
  const { partials, validator, add, want, settle } = setUp();
  want();
  add(1, { signature: bad });
  add(2);
  add(3);
  await settle();
  const another = `0x${'0b'.repeat(32)}` as Root;
  const result = partials.add('attestation', slot, endMs, validator, another, 1 as OperatorId, bad);
  assert.equal(result, 'over-limit');
});

test('an operator adds to no more roots of the epoch before than it may send itself', () => {
  const { partials, validator } = setUp();
  const send = (from: number, view: number, at: number) => {
    const exit = `0x0${view}${'00'.repeat(31)}` as Root;
    return partials.add('exit', at as Slot, endMs, validator, exit, from as OperatorId, bad);
  };
  assert.deepEqual([send(2, 1, slot), send(2, 2, slot), send(3, 3, slot)], ['stored', 'stored', 'stored']);
  const next = slot + network.slotsPerEpoch;
  assert.deepEqual(
    [send(1, 1, next), send(1, 2, next), send(1, 3, next)],
    ['stored', 'stored', 'over-limit'],
  );
});

test('partials that come in while a combination fails are combined after it', async () => {
  let finish = (): void => {};
  const { calls, add, want, settle } = setUp(async (jobs) => {
    await new Promise<void>((done) => {
      finish = done;
    });
    return fakeCombiner.combine(jobs);
  });
  const answer = want();
  add(1, { signature: bad });
  add(2);
  add(3);
  await settle();
  add(4);
  await settle();
  assert.deepEqual(calls, [1], 'one at a time');
  finish();
  await settle();
  assert.deepEqual(calls, [1, 1]);
  finish();
  await settle();
  assert.equal(answer.isSigned, true);
});

test('where the combiner gives no answer it is asked again', async () => {
  const { calls, add, want, settle } = setUp(async (jobs) =>
    calls.length === 1 ? [] : fakeCombiner.combine(jobs),
  );
  const answer = want();
  for (const from of [1, 2, 3]) add(from);
  await settle();
  assert.equal(answer.isSigned, false);
  await settle(200);
  assert.equal(answer.isSigned, true);
});

test('registrations of operators that are an epoch boundary apart meet', async () => {
  const { add, want, settle } = setUp();
  const answer = want('registration');
  const [before, after] = [(slot - 1) as Slot, slot];
  add(1, { kind: 'registration', at: before });
  add(2, { kind: 'registration', at: after });
  add(3, { kind: 'registration', at: before });
  await settle();
  assert.equal(answer.isSigned, true);
});

test('what is over is forgotten', async () => {
  const { clock, validator, partials, add } = setUp();
  add(1);
  assert.notEqual(partials.find('attestation', slot, validator.key, root), null);
  await clock.runUntil(endMs);
  assert.equal(partials.find('attestation', slot, validator.key, root), null);
});

test('what becomes ready while a combination runs is combined in one call after it', async () => {
  const running: (() => void)[] = [];
  const { registry, calls, add, want, settle } = setUp(async (jobs) => {
    await new Promise<void>((done) => running.push(done));
    return fakeCombiner.combine(jobs);
  }, 5);
  for (const of of registry.validators.values()) {
    want('attestation', of);
    for (const from of [1, 2, 3]) add(from, { of });
    await settle();
  }
  assert.deepEqual(calls, [1]);
  running[0]?.();
  await settle();
  assert.deepEqual(calls, [1, 4]);
});

test('of a partial whose y is known the y goes to the combiner', async () => {
  const ys: unknown[] = [];
  const { validator, add, want, settle } = setUp((jobs) => {
    ys.push(...jobs.flatMap((job) => job.partials.map(({ y }) => y)));
    return fakeCombiner.combine(jobs);
  });
  const own = partialSignature(validator.shares.get(1 as OperatorId) as ShareKey, root);
  const y = new Uint8Array(96);
  noteY(own, y);
  want();
  add(1, { signature: own });
  for (const from of [2, 3]) add(from);
  await settle();
  assert.deepEqual(ys, [y, null, null]);
});

test('the outlook: a quorum is there, or those who lack are still sending for others, or it stalls', async () => {
  const { partials, validator, other, add, settle } = setUp();
  const outlook = () => partials.outlook('attestation', slot, validator, root);
  assert.equal(outlook(), 'stalled', 'nothing is known of it');
  add(1);
  assert.equal(outlook(), 'stalled', 'nobody else is heard');
  add(2, { of: other });
  assert.equal(outlook(), 'stalled', 'one more is not a quorum');
  add(3, { of: other });
  assert.equal(outlook(), 'coming');
  await settle(200);
  assert.equal(outlook(), 'coming');
  add(3, { of: other });
  await settle(200);
  assert.equal(outlook(), 'stalled', 'they have fallen silent, or say the same again');
  add(2);
  assert.equal(outlook(), 'stalled', 'one of those who lack would be needed, and none is heard');
  add(3);
  assert.equal(outlook(), 'enough');
});

test('an operator whose partial was bad does not count among those who are still sending', async () => {
  const { partials, registry, validator, add, want, settle } = setUp(undefined, 3);
  const [, second, third] = [...registry.validators.values()];
  want();
  for (const from of [1, 2]) add(from);
  add(3, { signature: bad });
  await settle();
  add(3, second === undefined ? {} : { of: second });
  assert.equal(partials.outlook('attestation', slot, validator, root), 'stalled');
  add(4, third === undefined ? {} : { of: third });
  assert.equal(partials.outlook('attestation', slot, validator, root), 'coming');
});
