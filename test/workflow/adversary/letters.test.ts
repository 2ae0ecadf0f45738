/**
 * Single letters of a lying operator: envelopes, reminders, partials and hints that claim what is not the sender's to claim.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import { fromHex } from '../../../src/core/bytes.ts';
import { valueBytesMax } from '../../../src/core/duty/value.ts';
import type { OperatorId, Root, Slot } from '../../../src/core/ids.ts';
import type { Registry, Validator } from '../../../src/core/registry/committee.ts';
import { domainOf, partialsMessageId } from '../../../src/core/wire/message-id.ts';
import { attempts, createAddress } from '../../../src/workflow/address.ts';
import { registrationPayload } from '../../../src/workflow/exchange.ts';
import { createFakeKeys } from '../../fakes/signing.ts';
import { createRegistry } from '../../simulation/world/cluster.ts';
import { attestationOf, randaoOf, requestOf } from '../../simulation/world/requests.ts';
import {
  committeeOf,
  createSingle,
  createVoter,
  dutyOf,
  eth2,
  firstSlot,
  lettersOf,
  operator,
  type SingleNode,
  sealed,
  validatorOf,
  voteOf,
  voteRootOf,
} from './harness.ts';

const self = operator(1);
const registry = createRegistry(4, 1);
const letters = lettersOf(registry);
const duty = dutyOf(registry, 'attestation', firstSlot);
const domain = domainOf(eth2.genesisValidatorsRoot, eth2.genesisForkVersion);
const randaoSlot = (firstSlot - (firstSlot % eth2.slotsPerEpoch)) as Slot;
const randaoRoot = requestOf(eth2, randaoOf(eth2, firstSlot)).roots.signingRoot;
const whyOf = (node: SingleNode): string =>
  node.trace.map((event) => (event.type === 'message-refused' ? event.why : '')).join(' ');
const faultsOf = (node: SingleNode) => node.trace.filter((event) => event.type === 'fault');

test('an operator that is named twice is one operator, not a quorum', async () => {
  const node = await createVoter(self);
  const value = voteOf(firstSlot, 0);
  const twice = [operator(2), operator(2), operator(3)];
  assert.equal(
    node.receive(letters.consensus(duty, twice, { type: 'commit', root: digest(value) }, value)),
    'reject',
  );
  assert.match(whyOf(node), /duplicate-signer/);
});

for (const executor of ['committee', 'validator'] as const) {
  test(`a consensus message about what needs no consensus is rejected, under a ${executor}`, () => {
    const node = createSingle(self);
    const id = partialsMessageId(domain, 'exit', committeeOf(registry).id).slice();
    // The executor stands after the domain and the role.
    if (executor === 'validator') id.set(fromHex(validatorOf(registry).key), 8);
    const letter = letters.consensus(duty, [operator(2)], { identifier: id });
    assert.equal(node.receive(sealed([operator(2)], { ...letter.message, id })), 'reject');
    assert.match(whyOf(node), /not a duty/);
  });
}

test('partials of a decision do not fit a role that decides nothing', () => {
  const node = createSingle(self);
  const item = { validator: validatorOf(registry), root: voteRootOf(firstSlot, 0) };
  const { message } = letters.partials('attestation', firstSlot, operator(2), [item]);
  const id = partialsMessageId(domain, 'registration', committeeOf(registry).id);
  assert.equal(node.receive(sealed([operator(2)], { ...message, id })), 'reject');
  assert.match(whyOf(node), /do not fit their role/);
});

test('a hint is as long as a certificate at most', () => {
  const node = createSingle(self);
  const hint = (length: number) => node.receive(letters.hint(duty, operator(2), new Uint8Array(length), 1));
  assert.equal(hint(valueBytesMax + 8192), 'ignore');
  assert.equal(hint(valueBytesMax + 8193), 'reject');
  assert.match(whyOf(node), /too long/);
});

test('a fault of ours while judging costs one message, is told, and is held against nobody', () => {
  const keys = {
    ...createFakeKeys(self),
    verify: () => {
      throw new Error('a key that cannot be read');
    },
  };
  const node = createSingle(self, { keys });
  assert.equal(node.receive(letters.consensus(duty, [operator(2)], {})), 'ignore');
  assert.equal(faultsOf(node).length, 1);
});

test('an operator whose partial was found bad is not heard again for that root', async () => {
  const node = createSingle(self);
  const answer = node.ask(randaoOf(eth2, firstSlot));
  await node.runTo(firstSlot, 10);
  const send = (from: number, signature?: Uint8Array) => {
    const item = { validator: validatorOf(registry), root: randaoRoot };
    const items = [signature === undefined ? item : { ...item, signature }];
    return node.receive(letters.partials('randao', randaoSlot, operator(from), items));
  };
  send(2, new Uint8Array(96));
  send(3);
  await node.runTo(firstSlot, 50);
  assert.ok(node.trace.some((event) => event.type === 'bad-partial' && event.from === 2));
  assert.equal(send(2, new Uint8Array(96).fill(1)), 'ignore');
  assert.notEqual(answer.outcome?.type, 'signed');
  send(4);
  await node.runTo(firstSlot, 100);
  assert.equal(answer.outcome?.type, 'signed');
});

/** Operator 1 is in two committees; operator 4 only in the first, the validator only in the second. */
const withForeignValidator = (): { readonly registry: Registry; readonly foreign: Validator } => {
  const base = createRegistry(4, 1);
  const own = validatorOf(base);
  const foreign: Validator = {
    ...own,
    key: `0x${'81'.repeat(48)}` as Validator['key'],
    number: 77,
    shares: new Map([...own.shares].filter(([id]) => id !== 4)),
    policy: { feeRecipient: `0x${'11'.repeat(20)}`, gasLimit: 1n },
  };
  return { registry: { ...base, byNumber: new Map([...base.byNumber, [77, foreign]]) }, foreign };
};

test('partials for a validator in which the sender has no share are neither kept nor answered', async () => {
  const { registry: both, foreign } = withForeignValidator();
  const node = createSingle(self, { registry: both });
  const item = { validator: foreign, root: randaoRoot, signature: new Uint8Array(96) };
  assert.equal(node.receive(lettersOf(both).partials('randao', randaoSlot, operator(4), [item])), 'ignore');
  await node.runTo(firstSlot, 100);
  assert.equal(node.signer.signed.length, 0);
});

test('a registration of a validator in which the sender has no share is not signed', async () => {
  const { registry: both, foreign } = withForeignValidator();
  const payload = registrationPayload({
    type: 'registration',
    feeRecipient: `0x${'11'.repeat(20)}`,
    gasLimit: 1n,
    timestamp: eth2.genesisTimeMs / 1000 + firstSlot * 12,
    validator: foreign.key,
  });
  const signedFor = async (from: OperatorId): Promise<number> => {
    const node = createSingle(self, { registry: both });
    node.receive(lettersOf(both).registrations(firstSlot, from, [{ number: foreign.number, payload }]));
    await node.runTo(firstSlot, 100);
    return node.trace.filter(({ type }) => type === 'share-signed' || type === 'share-failed').length;
  };
  assert.equal(await signedFor(operator(4)), 0);
  assert.equal(await signedFor(operator(3)), 1);
});

/** Attempts of the partials that a node has published. */
const publishedAttempts = (node: SingleNode): number[] => {
  const address = createAddress(domain, registry);
  return node.published().flatMap(({ message }) => {
    const verdict = address.read(message.id);
    return message.type === 'partial-signature' && verdict.type === 'ours' ? verdict.addressee.attempt : [];
  });
};

test('a reminder is answered once for an operator and attempt, each time by other bytes; an answer is no reminder', async () => {
  const node = createSingle(self);
  node.ask(randaoOf(eth2, firstSlot));
  await node.runTo(firstSlot, 50);
  let nowMs = 50;
  const send = async (from: number, attempt: number) => {
    const item = { validator: validatorOf(registry), root: randaoRoot };
    const verdict = node.receive(letters.partials('randao', randaoSlot, operator(from), [item], attempt));
    nowMs += 20;
    await node.runTo(firstSlot, nowMs);
    return [verdict, ...publishedAttempts(node).slice(1)];
  };
  const [one, two, three] = [1, 2, 3].map((at) => attempts.asksUntil + at);
  assert.deepEqual(await send(2, 0), ['accept'], 'the first time it asks nothing');
  assert.deepEqual(await send(2, 1), ['accept', one]);
  assert.deepEqual(await send(2, 1), ['ignore', one]);
  assert.deepEqual(await send(2, attempts.asksUntil), ['accept', one, two]);
  assert.deepEqual(await send(2, attempts.asksUntil + 1), ['ignore', one, two]);
  assert.deepEqual(await send(3, 1), ['accept', one, two, three]);
});

test('a reminder that comes when the duty is over is no fault', async () => {
  const node = createSingle(self);
  const item = { validator: validatorOf(registry), root: voteRootOf(firstSlot, 0) };
  node.receive(letters.partials('attestation', firstSlot, operator(2), [item]));
  node.ask(attestationOf(eth2, firstSlot, 0));
  await node.runTo(firstSlot, 20);
  const value = voteOf(firstSlot, 0);
  const others = [2, 3, 4].map(operator);
  node.receive(letters.consensus(duty, others, { type: 'commit', root: digest(value) }, value));
  await node.runTo(firstSlot, 100);
  assert.equal(node.signer.signed.length, 1);
  await node.runTo((firstSlot + 4) as Slot, 200);
  node.receive(letters.partials('attestation', firstSlot, operator(2), [item], 2));
  assert.deepEqual(faultsOf(node), []);
});

test('a root that no share of ours is for is not answered', () => {
  const node = createSingle(self);
  const item = { validator: validatorOf(registry), root: `0x${'55'.repeat(32)}` as Root };
  node.receive(letters.partials('attestation', firstSlot, operator(2), [item], 1));
  assert.deepEqual(publishedAttempts(node), []);
});

test('a word under our own name that we did not say is a twin, one that comes back is not', async () => {
  const node = createSingle(self);
  const later = (firstSlot + 3) as Slot;
  await node.runTo(later, 10);
  node.ask(attestationOf(eth2, later, 0));
  await node.runTo(later, 1000);
  const [own] = node.published();
  assert.ok(own !== undefined);
  assert.equal(node.receive(own), 'ignore');
  assert.equal(
    node.trace.some(({ type }) => type === 'twin'),
    false,
  );
  assert.equal(node.receive(letters.consensus({ ...duty, slot: later }, [self], {})), 'ignore');
  assert.equal(
    node.trace.some(({ type }) => type === 'twin'),
    true,
  );
});
