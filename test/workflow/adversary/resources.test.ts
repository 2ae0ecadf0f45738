/**
 * What one operator can make the others say, start, keep and sign that no client asked for: nothing, or a counted little.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rootsOf } from '../../../src/core/eth2/signing-root.ts';
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { Epoch, OperatorId, Root, Slot } from '../../../src/core/ids.ts';
import type { Committee } from '../../../src/core/registry/committee.ts';
import { committeeIdOf } from '../../../src/core/wire/message-id.ts';
import { encodeSigned } from '../../../src/core/wire/signed.ts';
import { registrationPayload } from '../../../src/workflow/exchange.ts';
import { createRandom } from '../../fakes/random.ts';
import { createCluster, createRegistry } from '../../simulation/world/cluster.ts';
import { attestationOf, blockOf, randaoOf, requestOf } from '../../simulation/world/requests.ts';
import {
  type Answer,
  cast,
  createSingle,
  createVoter,
  dutyOf,
  eth2,
  firstSlot,
  lettersOf,
  operator,
  validatorOf,
  voteOf,
} from './harness.ts';

/** Four operators of whom `liar` says nothing of its own; counts what the others publish. */
const setUp = (validators = 1) => {
  const cluster = createCluster({ n: 4, validators, random: createRandom(1) });
  for (const member of cluster.members) cluster.start(member);
  const { registry } = cluster;
  const liar = operator(4);
  cluster.network.tamper(liar, () => []);
  const slot = slotAt(cluster.eth2, cluster.clock.now());
  const said = { count: 0 };
  cluster.network.onPublish((from) => {
    if (from !== liar) said.count += 1;
  });
  return { cluster, slot, liar, said, registry, letters: lettersOf(registry) };
};
type Scene = ReturnType<typeof setUp>;

/** The liar hints, in every duty that a validator can have in this slot, at something that is no value. */
const fill = ({ cluster, liar, registry, letters }: Scene, slot: Slot): void => {
  const lies = [...registry.validators.keys()].flatMap((key) => [
    dutyOf(registry, 'aggregate', slot, key),
    dutyOf(registry, 'block', slot, key),
    ...[0, 1, 2, 3].map((subcommittee) => dutyOf(registry, 'contribution', slot, key, subcommittee)),
  ]);
  cluster.clock.at(slotStartMs(cluster.eth2, slot), () => {
    for (const duty of lies) {
      const lie = encodeSigned(letters.hint(duty, liar, Uint8Array.of(1)));
      for (const to of [1, 2, 3]) cluster.network.inject(liar, operator(to), lie);
    }
  });
};

test('one message about a duty of nobody does not make the others speak in it', async () => {
  const { cluster, slot, liar, said, registry, letters } = setUp();
  const duty = dutyOf(registry, 'attestation', slot);
  for (const payload of [Uint8Array.of(1), voteOf(slot, 0)]) {
    const lie = encodeSigned(letters.hint(duty, liar, payload));
    for (const to of [1, 2, 3]) cluster.network.inject(liar, operator(to), lie);
  }
  await cluster.clock.runUntil(slotStartMs(cluster.eth2, (slot + 5) as Slot));
  assert.equal(said.count, 0);
});

test('an operator that fills a slot with duties of nobody takes neither signatures nor words from the others', async () => {
  const counts: number[] = [];
  for (const isFilled of [false, true]) {
    const scene = setUp(100);
    const { cluster, said, registry } = scene;
    const slot = (scene.slot + 1) as Slot;
    if (isFilled) fill(scene, slot);
    const answers: Answer[] = [2000, 4000, 4000].map((offsetMs, at) => {
      const answer: Answer = { outcome: null };
      cluster.clock.at(slotStartMs(cluster.eth2, slot) + offsetMs, () => {
        void cluster.members[at]?.workflow
          ?.sign(
            validatorOf(registry).key,
            requestOf(cluster.eth2, attestationOf(cluster.eth2, slot, 0)),
            new AbortController().signal,
          )
          .then((outcome) => {
            answer.outcome = outcome;
          });
      });
      return answer;
    });
    await cluster.clock.runUntil(slotStartMs(cluster.eth2, (slot + 1) as Slot) + 4000);
    assert.deepEqual(
      answers.map(({ outcome }) => outcome?.type),
      ['signed', 'signed', 'signed'],
    );
    counts.push(said.count);
  }
  assert.equal(counts[1], counts[0]);
});

test('duties that one operator starts are counted for it; those of a committee and those of others go on', async () => {
  const node = createSingle(operator(1), { validators: 200 });
  const { registry } = node;
  const letters = lettersOf(registry);
  const hint = (from: OperatorId, at: number) => {
    const duty = dutyOf(registry, 'block', firstSlot, validatorOf(registry, at).key);
    node.receive(letters.hint(duty, from, Uint8Array.of(1)));
  };
  for (let at = 0; at < 150; at++) hint(operator(2), at);
  assert.equal(node.workflow.dutyCount(), 128);
  const prepare = dutyOf(registry, 'block', firstSlot, validatorOf(registry, 150).key);
  assert.equal(node.receive(letters.consensus(prepare, [operator(2)], {})), 'ignore');
  const told = node.trace.filter((event) => event.type === 'message-refused' && /too many/.test(event.why));
  assert.equal(told.length, 22 + 1);
  hint(operator(3), 150);
  assert.equal(node.workflow.dutyCount(), 129, 'another operator has its own share');
  node.receive(letters.consensus(dutyOf(registry, 'attestation', firstSlot), [operator(2)], {}));
  assert.equal(node.workflow.dutyCount(), 130, "a committee's duty is always heard");
  node.ask(blockOf(firstSlot, 0), 160);
  assert.equal(node.workflow.dutyCount(), 131, 'our own client is not counted');
});

test('duties of two committees in one slot are two, though their names for people are alike', async () => {
  const registry = createRegistry(4, 1);
  const [known] = registry.committees.values();
  const twin = { ...known, id: `${known?.id.slice(0, 10)}${'00'.repeat(28)}` } as Committee;
  (registry.committees as Map<Committee['id'], Committee>).set(twin.id, twin);
  const node = createSingle(operator(1), { registry });
  const letters = lettersOf(registry);
  const duty = dutyOf(registry, 'attestation', firstSlot);
  node.receive(letters.consensus(duty, [operator(2)], {}));
  node.receive(letters.consensus({ ...duty, committee: twin.id }, [operator(2)], {}));
  assert.equal(node.workflow.dutyCount(), 2);
});

test('an operator says nothing in a committee that it is not a member of, and starts nothing there', async () => {
  const registry = createRegistry(4, 1);
  const operators = [2, 3, 4, 5].map(operator);
  const other: Committee = { id: committeeIdOf(operators), operators, faulty: 1, quorum: 3 };
  (registry.committees as Map<Committee['id'], Committee>).set(other.id, other);
  const node = createSingle(operator(1), { registry });
  const duty = { ...dutyOf(registry, 'attestation', firstSlot), committee: other.id };
  for (const from of operators.slice(0, 3))
    assert.equal(node.receive(lettersOf(registry).consensus(duty, [from], {})), 'ignore');
  assert.equal(node.workflow.dutyCount(), 0);
  await node.runTo(firstSlot, 11_000);
  assert.equal(node.published().length, 0);
});

test('after its stop a node starts, says and signs nothing', async () => {
  const node = await createVoter(operator(1));
  const { registry } = node;
  node.workflow.stop();
  const letters = lettersOf(registry);
  node.receive(letters.hint(dutyOf(registry, 'attestation', firstSlot), operator(2), voteOf(firstSlot, 0)));
  const root = rootsOf(eth2, { type: 'selection-proof', slot: firstSlot }).signingRoot;
  const item = { validator: validatorOf(registry), root };
  node.receive(letters.partials('selection-proof', firstSlot, operator(2), [item]));
  const answer = node.ask(attestationOf(eth2, firstSlot, 0));
  await node.runTo(firstSlot, 11_000);
  assert.deepEqual(
    [node.workflow.dutyCount(), node.published().length, node.signer.signed.length],
    [0, 0, 0],
  );
  assert.equal(answer.outcome?.type, 'not-ready');
});

test('what is under way when a node stops is not said any more, and its duties are over', async () => {
  const node = await createVoter(cast.first, { asks: true });
  node.ask(randaoOf(eth2, firstSlot));
  node.workflow.stop();
  await node.runTo(firstSlot, 11_000);
  assert.equal(node.published().length, 0);
  assert.equal(node.trace.filter(({ type }) => type === 'round-changed').length, 0);
});

test('partials over roots that nobody can derive are not kept, so not forwarded', () => {
  const node = createSingle(operator(1), { validators: 20 });
  const all = [...node.registry.validators.values()];
  for (let at = 0; at < 4; at++) {
    const root = `0x${(at + 1).toString(16).padStart(64, '0')}` as Root;
    const items = all.map((validator) => ({ validator, root, signature: new Uint8Array(96) }));
    const junk = lettersOf(node.registry).partials('sync-selection-proof', firstSlot, operator(2), items);
    assert.equal(node.receive(junk), 'ignore');
  }
});

test('a duty whose time is over is not started again by what is still let in', async () => {
  const node = createSingle(operator(1));
  const duty = dutyOf(node.registry, 'sync-message', firstSlot);
  node.receive(lettersOf(node.registry).consensus(duty, [operator(2)], {}));
  assert.equal(node.workflow.dutyCount(), 1);
  for (const offsetMs of [0, 300, 499, 500, 501, 999, 1001]) {
    await node.runTo((firstSlot + 2) as Slot, offsetMs);
    node.receive(
      lettersOf(node.registry).consensus(duty, [operator(3)], { root: new Uint8Array(32).fill(offsetMs) }),
    );
  }
  await node.runTo((firstSlot + 9) as Slot, 0);
  assert.equal(node.trace.filter((event) => event.type === 'joined').length, 1);
  assert.equal(node.trace.filter((event) => event.type === 'undecided').length, 1);
});

test('a registration to a fee recipient that the cluster file leaves open is not signed for a peer alone', async () => {
  const node = createSingle(operator(1));
  const validator = validatorOf(node.registry);
  const payload = registrationPayload({
    type: 'registration',
    feeRecipient: `0x${'66'.repeat(20)}`,
    gasLimit: 30_000_000n,
    timestamp: Math.floor(node.clock.now() / 1000),
    validator: validator.key,
  });
  const items = [{ number: validator.number, payload }];
  // It may be what our own client asks a moment later, so it is kept and passed on; it is not signed.
  const letter = lettersOf(node.registry).registrations(firstSlot, operator(2), items);
  assert.equal(node.receive(letter), 'accept');
  await node.runTo(firstSlot, 1000);
  assert.equal(node.signer.signed.length, 0);
});

test('the randao of the next epoch is given no earlier than clients ask for it', async () => {
  const next = (Math.floor(firstSlot / eth2.slotsPerEpoch) + 1) as Epoch;
  const wire = (next * eth2.slotsPerEpoch) as Slot;
  const root = rootsOf(eth2, { type: 'randao', epoch: next }).signingRoot;
  const node = createSingle(operator(1));
  const ask = (from: number) => {
    const item = { validator: validatorOf(node.registry), root };
    return node.receive(lettersOf(node.registry).partials('randao', wire, operator(from), [item]));
  };
  assert.equal(ask(2), 'ignore');
  await node.runTo((wire - 3) as Slot, 0);
  assert.equal(ask(2), 'ignore');
  await node.runTo((wire - 2) as Slot, 0);
  assert.equal(node.signer.signed.length, 0);
  assert.equal(ask(2), 'accept');
  await node.runTo((wire - 2) as Slot, 100);
  assert.equal(node.signer.signed.length, 1);
});
