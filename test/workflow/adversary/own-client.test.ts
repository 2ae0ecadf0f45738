/**
 * What our own client may not have either, and what it is told.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import type { Signable } from '../../../src/core/eth2/signable.ts';
import type { Epoch, Root } from '../../../src/core/ids.ts';
import type { Validator } from '../../../src/core/registry/committee.ts';
import { createModelSlashing } from '../../fakes/slashing.ts';
import { createRegistry } from '../../simulation/world/cluster.ts';
import { attestationOf } from '../../simulation/world/requests.ts';
import {
  createSingle,
  dutyOf,
  eth2,
  firstSlot,
  lettersOf,
  operator,
  validatorOf,
  voteOf,
} from './harness.ts';

const self = operator(1);

/** A registry whose only validator is changed like this. */
const registryWith = (change: (validator: Validator) => Partial<Validator>) => {
  const registry = createRegistry(4, 1);
  const validator = validatorOf(registry);
  return { ...registry, validators: new Map([[validator.key, { ...validator, ...change(validator) }]]) };
};

test("a registration to another fee recipient than the cluster file's is refused", async () => {
  const registry = registryWith(() => ({ policy: { feeRecipient: `0x${'11'.repeat(20)}`, gasLimit: null } }));
  const node = createSingle(self, { registry });
  const registration = (byte: string): Signable => ({
    type: 'registration',
    feeRecipient: `0x${byte.repeat(20)}`,
    gasLimit: 1n,
    timestamp: Math.floor(node.clock.now() / 1000),
    validator: validatorOf(registry).key,
  });
  const refused = node.ask(registration('66'));
  await node.runTo(firstSlot, 100);
  assert.equal(refused.outcome?.type, 'refused-by-policy');
  assert.equal(node.signer.signed.length, 0);
  node.ask(registration('11'));
  await node.runTo(firstSlot, 200);
  assert.equal(node.signer.signed.length, 1);
});

test('a validator in which this operator has no share is unknown to its client', async () => {
  const registry = registryWith(({ shares }) => ({
    shares: new Map([...shares].filter(([id]) => id !== self)),
  }));
  const node = createSingle(self, { registry });
  const answer = node.ask(attestationOf(eth2, firstSlot, 0));
  await node.runTo(firstSlot, 100);
  assert.equal(answer.outcome?.type, 'unknown-validator');
});

test('what is asked outside its time is refused at once', async () => {
  const node = createSingle(self);
  const answer = node.ask({ type: 'randao', epoch: (firstSlot / 8 + 5) as Epoch });
  await node.runTo(firstSlot, 100);
  assert.equal(answer.outcome?.type, 'too-early');
  assert.equal(node.signer.signed.length, 0);
});

test('a vote that became slashable meanwhile is refused when it is recorded, and the client told at once', async () => {
  const slashing = createModelSlashing();
  const node = createSingle(self, {
    slashing: { ...slashing, judge: (items) => items.map(() => ({ type: 'safe' })) },
  });
  const { registry } = node;
  const vote = attestationOf(eth2, firstSlot, 0) as Extract<Signable, { readonly type: 'attestation' }>;
  const { source, target } = vote.vote;
  slashing.record([
    {
      type: 'attestation',
      key: validatorOf(registry).key,
      source: source.epoch,
      target: target.epoch,
      signingRoot: `0x${'77'.repeat(32)}` as Root,
    },
  ]);
  const answer = node.ask(vote);
  const value = voteOf(firstSlot, 0);
  await node.runTo(firstSlot, 20);
  const others = [2, 3, 4].map(operator);
  const duty = dutyOf(registry, 'attestation', firstSlot);
  node.receive(lettersOf(registry).consensus(duty, others, { type: 'commit', root: digest(value) }, value));
  await node.runTo(firstSlot, 100);
  assert.equal(answer.outcome?.type, 'slashable');
  assert.equal(node.signer.signed.length, 0);
});
