/**
 * For whom an operator signs whose own client did not ask: f + 1 good partials of others for what can slash, one for the rest;
 * and how much work a flood of partials makes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import type { DecidedRole } from '../../../src/core/duty/duty.ts';
import { type DecidedSignable, proposedValue } from '../../../src/core/duty/value.ts';
import type { OperatorId, Root } from '../../../src/core/ids.ts';
import type { Validator } from '../../../src/core/registry/committee.ts';
import type { Combiner } from '../../../src/workflow/ports.ts';
import { fakeCombiner } from '../../fakes/signing.ts';
import { attestationOf, blockOf, requestOf, syncMessageOf } from '../../simulation/world/requests.ts';
import { createSingle, dutyOf, eth2, firstSlot, lettersOf, operator, validatorOf } from './harness.ts';

const junk = new Uint8Array(96);

/** Operator 1 knows the decision; its client asked nothing. */
const setUp = async (
  role: DecidedRole = 'attestation',
  options: { readonly isDecided?: boolean; readonly verifyPartials?: Combiner['verifyPartials'] } = {},
) => {
  const looks: number[] = [];
  const verifyPartials = options.verifyPartials ?? fakeCombiner.verifyPartials;
  const node = createSingle(operator(1), {
    validators: 2,
    combiner: {
      ...fakeCombiner,
      verifyPartials: (partials) => {
        looks.push(partials.length);
        return verifyPartials(partials);
      },
    },
  });
  const { registry } = node;
  const letters = lettersOf(registry);
  const validator = validatorOf(registry);
  const signable = {
    attestation: attestationOf(eth2, firstSlot, 0),
    block: blockOf(firstSlot, 0),
    'sync-message': syncMessageOf(firstSlot, 0),
  }[role as string] as DecidedSignable;
  const value = proposedValue(signable);
  const root = requestOf(eth2, signable).roots.signingRoot;
  const duty = dutyOf(registry, role, firstSlot, role === 'block' ? validator.key : null);
  await node.runTo(firstSlot, 10);
  const others = [2, 3, 4].map(operator);
  const certificate = letters.consensus(duty, others, { type: 'commit', root: digest(value) }, value);
  const decide = (): void => {
    node.receive(certificate);
    assert.ok(node.trace.some((event) => event.type === 'decided'));
  };
  if (options.isDecided ?? true) decide();
  let nowMs = 10;
  const settle = async () => {
    // Past the moment for which our own client is waited for.
    nowMs += 200;
    await node.runTo(firstSlot, nowMs);
    return node.signer.signed.length;
  };
  const send = (from: number, change: { signature?: Uint8Array; root?: Root } = {}, of = validator) =>
    node.receive(letters.partials(role, firstSlot, operator(from), [{ validator: of, root, ...change }]));
  return { node, looks, settle, send, decide, signable, other: validatorOf(registry, 1) };
};

test('block: what our own client asked for needs no backing, also while our share is being signed', async () => {
  const { node, looks, settle, send, signable } = await setUp('block');
  node.ask(signable);
  for (const from of [2, 3]) send(from);
  assert.equal(node.signer.signed.length, 0);
  assert.equal(await settle(), 1);
  assert.deepEqual(looks, []);
});

for (const role of ['attestation', 'block'] as const) {
  test(`${role}: one partial is one voice, and is not even looked at; two good ones are enough`, async () => {
    const { looks, settle, send } = await setUp(role);
    send(2);
    assert.equal(await settle(), 0);
    assert.deepEqual(looks, []);
    send(3);
    assert.equal(await settle(), 1);
    assert.deepEqual(looks, [2]);
    send(4);
    assert.equal(await settle(), 1);
    assert.deepEqual(looks, [2], 'what is signed needs no backing any more');
  });

  test(`${role}: a bad partial is no voice, and its operator is named`, async () => {
    const { node, settle, send } = await setUp(role);
    send(2, { signature: junk });
    send(3);
    assert.equal(await settle(), 0);
    assert.deepEqual(
      node.trace.flatMap((event) => (event.type === 'bad-partial' ? event.from : [])),
      [2] as OperatorId[],
    );
    assert.equal(send(2), 'ignore', 'it had its word');
    send(4);
    assert.equal(await settle(), 1);
  });
}

test('data that cannot slash is signed with the first partial, unseen', async () => {
  const { looks, settle, send } = await setUp('sync-message');
  send(2, { signature: junk });
  assert.equal(await settle(), 1);
  assert.deepEqual(looks, []);
});

test('partials over another root than the decided one are no voices', async () => {
  const { settle, send } = await setUp();
  const root = `0x${'66'.repeat(32)}` as Root;
  for (const from of [2, 3, 4]) send(from, { root });
  assert.equal(await settle(), 0);
});

for (const when of ['before', 'after'] as const) {
  test(`a block is its validator's alone: partials for another, ${when} the decision, are no reason to sign its header`, async () => {
    const { settle, send, other, decide } = await setUp('block', { isDecided: when === 'after' });
    for (const from of [2, 3, 4]) send(from, {}, other);
    decide();
    assert.equal(await settle(), 0);
  });
}

test("a committee's decision is nothing to another committee's validators", async () => {
  const { node, settle, send, decide, other } = await setUp('attestation', { isDecided: false });
  const foreign = { ...other, committee: `0x${'cc'.repeat(32)}` as typeof other.committee };
  (node.registry.byNumber as Map<number, Validator>).set(other.number, foreign);
  for (const from of [2, 3, 4]) send(from, {}, foreign);
  decide();
  assert.equal(await settle(), 0);
});

test('for what our client asked the partials of others need no look', async () => {
  const { node, looks, settle, send, decide, signable } = await setUp('attestation', { isDecided: false });
  node.ask(signable);
  for (const from of [2, 3]) send(from);
  decide();
  assert.equal(await settle(), 1);
  assert.deepEqual(looks, []);
});

test('while partials are looked at, what comes waits for one more look', async () => {
  const waiting: (() => void)[] = [];
  const { looks, settle, send } = await setUp('attestation', {
    verifyPartials: async (partials) => {
      await new Promise<void>((done) => waiting.push(done));
      return fakeCombiner.verifyPartials(partials);
    },
  });
  send(2, { signature: junk });
  send(3);
  await settle();
  send(4);
  await settle();
  assert.deepEqual(looks, [2]);
  waiting.shift()?.();
  await settle();
  assert.deepEqual(looks, [2, 2], 'the good one of before and the one that came');
  waiting.shift()?.();
  assert.equal(await settle(), 1);
});

test('a vote that our client asks for a moment after the others needs no look at their partials', async () => {
  const { node, looks, settle, send, signable } = await setUp();
  for (const from of [2, 3, 4]) send(from);
  node.ask(signable);
  assert.equal(await settle(), 1);
  assert.deepEqual(looks, []);
});
