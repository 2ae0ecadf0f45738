/**
 * One node's consensus under lies: what it prepares, whose word counts, when it gives a round up, and whom it tells the end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import { type DecidedSignable, proposedValue } from '../../../src/core/duty/value.ts';
import type { Signable } from '../../../src/core/eth2/signable.ts';
import type { Epoch, OperatorId, Root } from '../../../src/core/ids.ts';
import { leaderOf } from '../../../src/core/qbft/quorum.ts';
import { encodeVote } from '../../../src/core/wire/beacon-vote.ts';
import { encodeSigned, type SignedMessage } from '../../../src/core/wire/signed.ts';
import { createModelSlashing } from '../../fakes/slashing.ts';
import { createRegistry } from '../../simulation/world/cluster.ts';
import { attestationOf, blockOf } from '../../simulation/world/requests.ts';
import {
  cast,
  createVoter,
  dutyOf,
  eth2,
  firstSlot,
  lettersOf,
  operator,
  proposalOf,
  type SingleNode,
  validatorOf,
  voteOf,
  voteRootOf,
} from './harness.ts';

const registry = createRegistry(4, 1);
const letters = lettersOf(registry);
const duty = dutyOf(registry, 'attestation', firstSlot);
const { leader, next, first, second } = cast;
const own = attestationOf(eth2, firstSlot, 0) as Extract<Signable, { readonly type: 'attestation' }>;
const value = voteOf(firstSlot, 0);
const root = digest(value);

const proposal = (bytes: Uint8Array, round = 1, from: OperatorId = leader): SignedMessage =>
  letters.consensus(duty, [from], { type: 'proposal', round, root: digest(bytes) }, bytes);
const certificateOf = (operators: readonly OperatorId[]): SignedMessage =>
  letters.consensus(duty, operators, { type: 'commit', root }, value);
const saidIn = (node: SingleNode, type: SignedMessage['message']['type']): number =>
  node.published().filter(({ message }) => message.type === type).length;
const has = (node: SingleNode, type: string): boolean => node.trace.some((event) => event.type === type);

const wrongVotes: readonly (readonly [string, Uint8Array])[] = [
  ['another source', { source: { epoch: (own.vote.source.epoch - 1) as Epoch, root: own.vote.source.root } }],
  ['another target root', { target: { ...own.vote.target, root: `0x${'99'.repeat(32)}` as Root } }],
].map(([name, change]) => [name as string, encodeVote({ ...own.vote, ...(change as object) })]);

for (const [name, wrong] of wrongVotes) {
  test(`a vote with ${name} than our client's is not prepared, and the leader is named`, async () => {
    const node = await createVoter(first, { asks: true });
    node.receive(proposal(wrong));
    await node.runTo(firstSlot, 100);
    assert.equal(saidIn(node, 'consensus'), 0);
    assert.ok(has(node, 'proposal-refused'));
  });
}

/** It remembers that our validator signed the vote of view 0, as our client asks again after a restart. */
const slashingThatSigned = () => {
  const slashing = createModelSlashing();
  const { source, target } = own.vote;
  const signingRoot = voteRootOf(firstSlot, 0);
  const { key } = validatorOf(registry);
  slashing.record([{ type: 'attestation', key, source: source.epoch, target: target.epoch, signingRoot }]);
  return slashing;
};

test('a vote that slashing protection forbids is not prepared, though our client asks for another of its kind', async () => {
  const node = await createVoter(first, { asks: true, slashing: slashingThatSigned() });
  node.receive(proposal(voteOf(firstSlot, 1)));
  await node.runTo(firstSlot, 100);
  assert.equal(saidIn(node, 'consensus'), 0);
  assert.ok(has(node, 'proposal-refused'));
});

test('where slashing protection cannot be read nothing is prepared', async () => {
  const slashing = slashingThatSigned();
  let isGone = false;
  const judge: typeof slashing.judge = (items) => {
    if (isGone) throw new Error('the disk is gone');
    return slashing.judge(items);
  };
  const node = await createVoter(first, { asks: true, slashing: { ...slashing, judge } });
  isGone = true;
  node.receive(proposal(value));
  await node.runTo(firstSlot, 100);
  assert.equal(saidIn(node, 'consensus'), 0);
  assert.ok(has(node, 'fault'));
});

test('a proposal that comes twice is no equivocation', async () => {
  const node = await createVoter(first, { asks: true });
  assert.equal(node.receive(proposal(value)), 'urgent');
  assert.equal(node.receive(proposal(value)), 'ignore');
  assert.equal(has(node, 'equivocation'), false);
});

test('proposals wait for rounds that can come, and no others', async () => {
  const node = await createVoter(first);
  const rounds = Array.from({ length: 60 }, (_, at) => at + 1).filter(
    (round) => leaderOf([1, 2, 3, 4].map(operator), firstSlot, round) === leader,
  );
  const accepted = rounds.filter((round) => node.receive(proposal(value, round)) === 'urgent');
  assert.deepEqual(accepted, [1, 5, 9]);
});

test('a hint of what is no value of the duty is not forwarded, and is no voice', async () => {
  const node = await createVoter(first);
  assert.equal(node.receive(letters.hint(duty, next, Uint8Array.of(1))), 'ignore');
  assert.equal(has(node, 'hinted'), false);
});

test('an operator that prepares two values has spoken for the first', async () => {
  const node = await createVoter(first);
  node.receive(letters.consensus(duty, [second], { type: 'prepare', root: digest(voteOf(firstSlot, 1)) }));
  assert.equal(node.receive(letters.consensus(duty, [second], { type: 'prepare', root })), 'ignore');
  node.receive(proposal(value));
  await node.runTo(firstSlot, 100);
  assert.equal(saidIn(node, 'consensus'), 0, "the leader's is one voice");
  node.receive(letters.consensus(duty, [next], { type: 'prepare', root }));
  await node.runTo(firstSlot, 200);
  assert.equal(saidIn(node, 'consensus'), 1, 'two voices hold an honest one');
});

test('after the decision ballots, proposals and larger certificates are not forwarded', async () => {
  const node = await createVoter(first);
  node.receive(certificateOf([leader, next, second].sort()));
  assert.ok(has(node, 'decided'));
  for (const type of ['prepare', 'commit'] as const)
    assert.equal(node.receive(letters.consensus(duty, [second], { type, root })), 'ignore');
  assert.equal(node.receive(proposalOf(registry, duty, 0)), 'ignore');
  const all = encodeSigned(certificateOf([1, 2, 3, 4].map(operator)));
  assert.equal(node.receive(letters.hint(duty, second, all, 1)), 'ignore');
});

test('who still changes rounds or hints after the decision is told the certificate, a few times and not at once', async () => {
  const node = await createVoter(first);
  node.receive(certificateOf([leader, next, second].sort()));
  let nowMs = 20;
  const told = async (letter: SignedMessage) => {
    await node.runTo(firstSlot, nowMs);
    node.receive(letter);
    nowMs += 10;
    await node.runTo(firstSlot, nowMs);
    return saidIn(node, 'hint');
  };
  const roundChange = (from: OperatorId, round: number) =>
    letters.consensus(duty, [from], { type: 'round-change', round });
  assert.equal(await told(roundChange(second, 2)), 1);
  assert.equal(await told(letters.hint(duty, next, value)), 1, 'all heard it a moment ago');
  nowMs += 300;
  assert.equal(await told(letters.hint(duty, next, value)), 2);
  for (let round = 3; round < 12; round++) {
    nowMs += 300;
    await told(roundChange(second, round));
  }
  assert.equal(saidIn(node, 'hint'), 2 + 2, 'three times one operator, once the other');
  const hints = new Set(node.published().map(({ message }) => Buffer.from(message.data).toString('hex')));
  assert.equal(hints.size, 4, 'gossip drops a second message of the same bytes');
});

test('a leader is given time while there is nothing to propose', async () => {
  const node = await createVoter(first);
  // Two voices, for two values: nobody can propose either.
  node.receive(letters.hint(duty, next, value));
  node.receive(letters.hint(duty, second, voteOf(firstSlot, 1)));
  await node.runTo(firstSlot, 3000);
  assert.equal(has(node, 'round-changed'), false);
});

test('a leader that leaves the value of our client unanswered is given up, one that has proposed is not', async () => {
  const [silent, slow] = [await createVoter(first, { asks: true }), await createVoter(first, { asks: true })];
  slow.receive(proposal(value));
  for (const node of [silent, slow]) await node.runTo(firstSlot, 2000);
  assert.deepEqual([has(silent, 'round-changed'), has(slow, 'round-changed')], [true, false]);
});

test('an operator whose client comes after the deadline of a round takes part in it, and ends it', async () => {
  const node = await createVoter(first);
  node.receive(letters.hint(duty, next, value));
  await node.runTo(firstSlot, 6100);
  assert.equal(has(node, 'round-changed'), false, 'no reason to speak yet');
  node.ask(own);
  node.receive(proposal(value));
  await node.runTo(firstSlot, 6200);
  assert.equal(saidIn(node, 'consensus'), 1);
  await node.runTo(firstSlot, 7700);
  assert.ok(has(node, 'round-changed'));
});

const block = dutyOf(registry, 'block', firstSlot, validatorOf(registry).key);
const headerOf = (view: number): Uint8Array => proposedValue(blockOf(firstSlot, view) as DecidedSignable);

test('a leader gives its own client a moment before it proposes what others hinted', async () => {
  const node = await createVoter(leader);
  for (const from of [first, second]) node.receive(letters.hint(block, from, headerOf(0)));
  await node.runTo(firstSlot, 300);
  assert.equal(has(node, 'proposed'), false);
  await node.runTo(firstSlot, 600);
  assert.ok(has(node, 'proposed'));
});

test("a leader proposes its own client's block, whatever the others hint", async () => {
  const node = await createVoter(next);
  node.ask(blockOf(firstSlot, 0));
  for (const from of [first, second]) node.receive(letters.hint(block, from, headerOf(1)));
  await node.runTo(firstSlot, 450);
  for (const from of [first, second])
    node.receive(letters.consensus(block, [from], { type: 'round-change', round: 2 }));
  await node.runTo(firstSlot, 600);
  const proposed = node.published().find(({ fullData }) => fullData.length > 0);
  assert.deepEqual(proposed?.fullData, headerOf(0));
});

test('a committee is hinted once at what our client asks, however many validators it asks for', async () => {
  const node = await createVoter(first, { validators: 3 });
  for (const at of [0, 1, 2]) {
    node.ask(attestationOf(eth2, firstSlot, at), at);
    await node.runTo(firstSlot, 10 + 20 * (at + 1));
  }
  await node.runTo(firstSlot, 400);
  assert.equal(saidIn(node, 'hint'), 1);
});
