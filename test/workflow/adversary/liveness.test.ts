/**
 * What one faulty operator, or one fault of our own, cannot take from the others: clusters of real workflows, and single ones.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import { type DecidedSignable, encodeHeader, proposedValue } from '../../../src/core/duty/value.ts';
import type { Signable } from '../../../src/core/eth2/signable.ts';
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { OperatorId, Slot } from '../../../src/core/ids.ts';
import { leaderOf } from '../../../src/core/qbft/quorum.ts';
import { encodeSigned } from '../../../src/core/wire/signed.ts';
import { createRandom } from '../../fakes/random.ts';
import { fakeCombiner } from '../../fakes/signing.ts';
import { type Cluster, createCluster, type Member } from '../../simulation/world/cluster.ts';
import {
  attestationOf,
  blockOf,
  randaoOf,
  requestOf,
  syncMessageOf,
} from '../../simulation/world/requests.ts';
import {
  type Answer,
  cast,
  committeeOf,
  createSingle,
  createVoter,
  dutyOf,
  eth2,
  firstSlot,
  lettersOf,
  proposalOf,
  validatorOf,
  voteOf,
  voteRootOf,
} from './harness.ts';

/** Four operators; `liar`, which leads no round 1 here, says only what the test says for it. */
const setUp = (validators = 1) => {
  const cluster = createCluster({ n: 4, validators, random: createRandom(1) });
  for (const member of cluster.members) cluster.start(member);
  const slot = slotAt(cluster.eth2, cluster.clock.now());
  const ids = cluster.members.map(({ id }) => id);
  const leader = leaderOf(ids, slot, 1);
  const liar = ids.find((id) => id !== leader) as OperatorId;
  const honest = cluster.members.filter(({ id }) => id !== liar);
  const { registry } = cluster;
  return { cluster, slot, leader, liar, honest, registry, letters: lettersOf(registry) };
};
type Scene = ReturnType<typeof setUp>;

interface TimedAnswer extends Answer {
  atMs: number;
}
/** The member's client asks at this moment of the slot. */
const ask = (cluster: Cluster, member: Member, slot: Slot, offsetMs: number, signable: Signable) => {
  const answer: TimedAnswer = { outcome: null, atMs: Number.POSITIVE_INFINITY };
  const startMs = slotStartMs(cluster.eth2, slot);
  cluster.clock.at(startMs + offsetMs, () => {
    const { key } = validatorOf(cluster.registry);
    void member.workflow
      ?.sign(key, requestOf(cluster.eth2, signable), new AbortController().signal)
      .then((outcome) => {
        answer.outcome = outcome;
        answer.atMs = cluster.clock.now() - startMs;
      });
  });
  return answer;
};
const typesOf = (answers: readonly Answer[]) => answers.map(({ outcome }) => outcome?.type);
const end = (cluster: Cluster, slot: Slot, offsetMs: number) =>
  cluster.clock.runUntil(slotStartMs(cluster.eth2, slot) + offsetMs);

const hintAll = ({ cluster, registry, letters, liar, honest, slot }: Scene, payload: Uint8Array): void => {
  cluster.network.tamper(liar, () => []);
  const duty = dutyOf(registry, 'block', slot, validatorOf(registry).key);
  for (const { id } of honest)
    cluster.network.inject(liar, id, encodeSigned(letters.hint(duty, liar, payload)));
};

test('a sync message is signed also in a slot without a block, whose head and root are those of the slot before', async () => {
  const { cluster, slot } = setUp();
  const message = syncMessageOf(slot, 0);
  const first = cluster.members.map((member) => ask(cluster, member, slot, 4000, message));
  await end(cluster, slot, 11_000);
  const missed = (slot + 1) as Slot;
  const again = cluster.members.map((member) =>
    ask(cluster, member, missed, 4000, { ...message, slot: missed } as Signable),
  );
  await end(cluster, missed, 11_000);
  assert.deepEqual(typesOf([...first, ...again]), Array(8).fill('signed'));
});

test("a malformed hint of one operator does not cost the others a leader's round of a block", async () => {
  const scene = setUp();
  const { cluster, slot, leader, honest } = scene;
  hintAll(scene, Uint8Array.of(1));
  const asking = honest.filter(({ id }) => id !== leader);
  const answers = asking.map((member) => ask(cluster, member, slot, 200, blockOf(slot, 0)));
  await end(cluster, slot, 11_000);
  assert.deepEqual(typesOf(answers), ['signed', 'signed']);
  const rounds = honest.flatMap(({ trace }) =>
    trace.flatMap((event) => (event.type === 'decided' ? event.round : [])),
  );
  assert.deepEqual(rounds, [1, 1, 1]);
});

for (const lie of ['no header at all', 'a header that nobody built'] as const) {
  test(`a hint of ${lie} does not win where the leader's client is slower than another's`, async () => {
    const scene = setUp();
    const { cluster, slot, leader, honest } = scene;
    const built = blockOf(slot, 3) as Extract<Signable, { readonly type: 'block' }>;
    if (lie === 'a header that nobody built') hintAll(scene, encodeHeader(built.header));
    else hintAll(scene, Uint8Array.of(1));
    const answers = honest.map((member) =>
      ask(cluster, member, slot, member.id === leader ? 450 : 300, blockOf(slot, 0)),
    );
    await end(cluster, slot, 11_000);
    assert.deepEqual(typesOf(answers), ['signed', 'signed', 'signed']);
  });
}

test('two partials that come at once are enough for an operator whose client did not ask', async () => {
  const node = await createVoter(cast.first);
  const { registry } = node;
  const letters = lettersOf(registry);
  const value = voteOf(firstSlot, 0);
  const others = [1, 2, 3, 4].filter((id) => id !== cast.first) as OperatorId[];
  const duty = dutyOf(registry, 'attestation', firstSlot);
  const root = digest(value);
  assert.equal(node.receive(letters.consensus(duty, others, { type: 'commit', root }, value)), 'accept');
  await node.runTo(firstSlot, 20);
  assert.ok(node.trace.some((event) => event.type === 'decided'));
  const item = { validator: validatorOf(registry), root: voteRootOf(firstSlot, 0) };
  // Both in one turn of the event loop; the third operator is gone.
  for (const from of others.slice(0, 2))
    node.receive(letters.partials('attestation', firstSlot, from, [item]));
  await node.runTo(firstSlot, 9000);
  assert.equal(node.signer.signed.length, 1);
});

test('a journal that cannot be written makes this operator silent, and is told; nothing is thrown', async () => {
  const journal = {
    join: () => {
      throw new Error('the disk is full');
    },
  };
  const node = await createVoter(cast.leader, { asks: true, journal });
  await node.runTo(firstSlot, 11_000);
  assert.equal(node.published().filter(({ message }) => message.type === 'consensus').length, 0);
  assert.ok(node.trace.some((event) => event.type === 'fault' && /journal/.test(event.where)));
});

test('an operator whose journal failed still takes the decision of the others', async () => {
  const journal = {
    join: () => {
      throw new Error('the disk is full');
    },
  };
  const node = createSingle(cast.first, { journal });
  const { registry } = node;
  const letters = lettersOf(registry);
  const duty = dutyOf(registry, 'attestation', firstSlot);
  const answer = node.ask(attestationOf(eth2, firstSlot, 0));
  await node.runTo(firstSlot, 10);
  const others = [1, 2, 3, 4].filter((id) => id !== cast.first) as OperatorId[];
  const root = digest(voteOf(firstSlot, 0));
  for (const from of others) node.receive(letters.consensus(duty, [from], { type: 'commit', root }));
  node.receive(proposalOf(registry, duty, 0));
  const item = { validator: validatorOf(registry), root: voteRootOf(firstSlot, 0) };
  for (const from of others) node.receive(letters.partials('attestation', firstSlot, from, [item]));
  await node.runTo(firstSlot, 9500);
  assert.ok(node.trace.some((event) => event.type === 'decided'));
  assert.equal(answer.outcome?.type, 'signed');
});

test('a combination that ended without a result is tried again while all partials are there', async () => {
  let calls = 0;
  const node = createSingle(cast.first, {
    combiner: {
      ...fakeCombiner,
      combine: async (jobs) => {
        calls += 1;
        if (calls === 1) throw new Error('the thread is gone');
        return fakeCombiner.combine(jobs);
      },
    },
  });
  const { registry } = node;
  const randao = randaoOf(eth2, firstSlot);
  const answer = node.ask(randao);
  await node.runTo(firstSlot, 10);
  const { signingRoot } = requestOf(eth2, randao).roots;
  for (const from of [cast.second, cast.leader]) {
    const item = { validator: validatorOf(registry), root: signingRoot };
    node.receive(lettersOf(registry).partials('randao', firstSlot, from, [item]));
  }
  await node.runTo(firstSlot, 1000);
  assert.equal(answer.outcome?.type, 'signed');
  assert.equal(calls, 2);
});

test('a combiner that never gives a result is not asked without end', async () => {
  let calls = 0;
  const combine = async () => {
    calls += 1;
    throw new Error('the thread is gone');
  };
  const node = createSingle(cast.first, { combiner: { ...fakeCombiner, combine } });
  const randao = randaoOf(eth2, firstSlot);
  const answer = node.ask(randao);
  await node.runTo(firstSlot, 10);
  const item = { validator: validatorOf(node.registry), root: requestOf(eth2, randao).roots.signingRoot };
  for (const from of [cast.second, cast.leader])
    node.receive(lettersOf(node.registry).partials('randao', firstSlot, from, [item]));
  await node.runTo(firstSlot, 11_000);
  assert.equal(answer.outcome?.type, 'below-quorum');
  assert.equal(calls, 5);
});

test("a request that no operator could agree to does not silence this one for its committee's other validators", async () => {
  const node = createSingle(cast.first, { validators: 2 });
  const good = attestationOf(eth2, firstSlot, 0) as Extract<DecidedSignable, { type: 'attestation' }>;
  const target = {
    ...good.vote.target,
    epoch: (good.vote.target.epoch + 3) as typeof good.vote.target.epoch,
  };
  const wrong = node.ask({ ...good, vote: { ...good.vote, target } });
  await node.runTo(firstSlot, 5);
  assert.equal(wrong.outcome?.type, 'refused-by-policy');
  node.ask(good, 1);
  await node.runTo(firstSlot, 10);
  const duty = dutyOf(node.registry, 'attestation', firstSlot);
  assert.deepEqual(proposedValue(good), voteOf(firstSlot, 0));
  node.receive(proposalOf(node.registry, duty, 0));
  await node.runTo(firstSlot, 150);
  assert.equal(node.published().filter(({ message }) => message.type === 'consensus').length, 1);
});

/** Three of four operators are left, and two of these do not reach each other: every one of them is needed, in every duty. */
const leftWithCut = (slot: Slot, gone: OperatorId, cut: readonly [OperatorId, OperatorId]) => {
  const { cluster } = setUp();
  const left = cluster.members.filter(({ id }) => id !== gone);
  for (const member of cluster.members) if (member.id === gone) cluster.crash(member);
  cluster.network.cut(...cut);
  return {
    cluster,
    answers: left.map((member) => ask(cluster, member, slot, 4000, attestationOf(eth2, slot, 0))),
  };
};

test('with an operator and a link down, every client has its signature before it gives up', async () => {
  const { slot, registry } = setUp();
  const ids = committeeOf(registry).operators;
  for (const gone of ids) {
    const left = ids.filter((id) => id !== gone);
    for (const relay of left) {
      const [a, b] = left.filter((id) => id !== relay) as [OperatorId, OperatorId];
      for (let at = slot; at < slot + ids.length; at++) {
        const { cluster, answers } = leftWithCut(at as Slot, gone, [a, b]);
        await end(cluster, at as Slot, 6500);
        const what = `slot ${at}, ${gone} gone, ${a} and ${b} apart`;
        assert.deepEqual(typesOf(answers), ['signed', 'signed', 'signed'], what);
      }
    }
  }
});

test('a leader that was heard before it died is given up as soon as its connection is', async () => {
  const { cluster, slot } = setUp();
  const next = (slot + 1) as Slot;
  const ids = cluster.members.map(({ id }) => id);
  const dies = leaderOf(ids, next, 1);
  const before = cluster.members.map((member) => ask(cluster, member, slot, 4000, syncMessageOf(slot, 0)));
  await end(cluster, slot, 11_000);
  assert.deepEqual(typesOf(before), ['signed', 'signed', 'signed', 'signed']);
  const left = cluster.members.filter(({ id }) => id !== dies);
  for (const member of cluster.members) if (member.id === dies) cluster.crash(member);
  const answers = left.map((member) => ask(cluster, member, next, 4000, syncMessageOf(next, 0)));
  await end(cluster, next, 4300);
  assert.deepEqual(typesOf(answers), ['signed', 'signed', 'signed']);
});
