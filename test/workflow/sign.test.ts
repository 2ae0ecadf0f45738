/**
 * Stories of one duty: four operators' real workflows, virtual time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { slotAt, slotStartMs } from '../../src/core/eth2/slots.ts';
import type { Slot, ValidatorKey } from '../../src/core/ids.ts';
import type { SignOutcome } from '../../src/workflow/outcome.ts';
import { createRandom } from '../fakes/random.ts';
import { wholeSignature } from '../fakes/signing.ts';
import { type Cluster, createCluster } from '../simulation/world/cluster.ts';
import {
  attestationOf,
  blockOf,
  contributionOf,
  randaoOf,
  requestOf,
  syncMessageOf,
} from '../simulation/world/requests.ts';

const setUp = (options: { n?: number; validators?: number; electra?: boolean } = {}) => {
  const cluster = createCluster({
    n: options.n ?? 4,
    validators: options.validators ?? 1,
    random: createRandom(1),
    electra: options.electra ?? true,
  });
  for (const member of cluster.members) cluster.start(member);
  const slot = slotAt(cluster.eth2, cluster.clock.now());
  return { cluster, slot, keys: [...cluster.registry.validators.keys()] };
};

/** Asks member `at` at `offsetMs` into the slot; the answer arrives while the clock runs. */
const ask = (
  cluster: Cluster,
  slot: Slot,
  at: number,
  offsetMs: number,
  key: ValidatorKey,
  signable: Signable,
) => {
  const answer: { outcome: SignOutcome | null } = { outcome: null };
  cluster.clock.at(slotStartMs(cluster.eth2, slot) + offsetMs, () => {
    const member = cluster.members[at];
    if (member?.workflow == null) return;
    void member.workflow
      .sign(key, requestOf(cluster.eth2, signable), new AbortController().signal)
      .then((outcome) => {
        answer.outcome = outcome;
      });
  });
  return answer;
};

const assertSigned = (
  cluster: Cluster,
  key: ValidatorKey,
  signable: Signable,
  outcome: SignOutcome | null,
): void => {
  assert.equal(outcome?.type, 'signed', JSON.stringify(outcome));
  if (outcome?.type === 'signed') {
    assert.deepEqual(
      outcome.signature,
      wholeSignature(key, requestOf(cluster.eth2, signable).roots.signingRoot),
    );
  }
};

const end = (cluster: Cluster, slot: Slot, offsetMs: number) =>
  cluster.clock.runUntil(slotStartMs(cluster.eth2, slot) + offsetMs);

for (const n of [4, 7, 10, 13]) {
  test(`${n} operators whose clients see the same chain all get the signature of an attestation`, async () => {
    const { cluster, slot, keys } = setUp({ n, validators: 3 });
    const signable = attestationOf(cluster.eth2, slot, 0);
    const answers = keys.flatMap((key) =>
      cluster.members.map((_, at) => ({
        key,
        answer: ask(cluster, slot, at, 4000 + 30 * at, key, signable),
      })),
    );
    await end(cluster, slot, 6000);
    for (const { key, answer } of answers) assertSigned(cluster, key, signable, answer.outcome);
  });
}

test('before electra each validator has its own committee index, and one decision serves them all', async () => {
  const { cluster, slot, keys } = setUp({ validators: 2, electra: false });
  const answers = keys.flatMap((key, index) => {
    const signable = { ...attestationOf(cluster.eth2, slot, 0), index } as Signable;
    return [0, 1, 2].map((at) => ({ key, signable, answer: ask(cluster, slot, at, 4000, key, signable) }));
  });
  await end(cluster, slot, 6000);
  for (const { key, signable, answer } of answers) assertSigned(cluster, key, signable, answer.outcome);
  // The fourth operator's client asked for nothing; it signed both once enough others had.
  assert.equal(cluster.members[3]?.signer.signed.length, 2);
});

test('a client that asks four seconds after the others is answered from what ran', async () => {
  const { cluster, slot, keys } = setUp();
  const key = keys[0] as ValidatorKey;
  const signable = attestationOf(cluster.eth2, slot, 0);
  const early = [0, 1].map((at) => ask(cluster, slot, at, 500, key, signable));
  await end(cluster, slot, 2000);
  for (const answer of early) assertSigned(cluster, key, signable, answer.outcome);
  const late = [2, 3].map((at) => ask(cluster, slot, at, 4000, key, signable));
  await end(cluster, slot, 4100);
  for (const answer of late) assertSigned(cluster, key, signable, answer.outcome);
});

test('a client whose chain differs from what was decided gets an error, never a signature', async () => {
  const { cluster, slot, keys } = setUp();
  const key = keys[0] as ValidatorKey;
  const answers = [0, 0, 0, 1].map((view, at) => ({
    view,
    answer: ask(cluster, slot, at, 4000 + at, key, attestationOf(cluster.eth2, slot, view)),
  }));
  await end(cluster, slot, 11000);
  const views = new Set(
    answers.filter(({ answer }) => answer.outcome?.type === 'signed').map(({ view }) => view),
  );
  assert.equal(views.size, 1);
  for (const { view, answer } of answers) {
    if (!views.has(view)) assert.equal(answer.outcome?.type, 'decided-otherwise');
  }
});

test('four different blocks: one is signed, for the one client that built it', async () => {
  const { cluster, slot, keys } = setUp();
  const key = keys[0] as ValidatorKey;
  const answers = cluster.members.map((_, at) =>
    ask(cluster, slot, at, 200 + 10 * at, key, blockOf(slot, at)),
  );
  await end(cluster, slot, 4000);
  const outcomes = answers.map((answer) => answer.outcome?.type).sort();
  assert.deepEqual(outcomes, ['decided-otherwise', 'decided-otherwise', 'decided-otherwise', 'signed']);
});

test('randao asked by one client is signed by all, and the others are answered at once', async () => {
  const { cluster, slot, keys } = setUp();
  const key = keys[0] as ValidatorKey;
  const signable = randaoOf(cluster.eth2, slot);
  const first = ask(cluster, slot, 0, 10, key, signable);
  await end(cluster, slot, 200);
  assertSigned(cluster, key, signable, first.outcome);
  const second = ask(cluster, slot, 3, 300, key, signable);
  await end(cluster, slot, 301);
  assertSigned(cluster, key, signable, second.outcome);
});

test('sync messages and contributions are decided and signed', async () => {
  const { cluster, slot, keys } = setUp();
  const key = keys[0] as ValidatorKey;
  const message = syncMessageOf(slot, 0);
  const messages = cluster.members.map((_, at) => ask(cluster, slot, at, 4000, key, message));
  const contributions = cluster.members.map((_, at) => ({
    at,
    answer: ask(cluster, slot, at, 8000, key, contributionOf(slot, 1, at)),
  }));
  await end(cluster, slot, 11900);
  for (const answer of messages) assertSigned(cluster, key, message, answer.outcome);
  assert.equal(contributions.filter(({ answer }) => answer.outcome?.type === 'signed').length, 1);
});

test('with one operator dead the others sign, also when it leads', async () => {
  for (const dead of [0, 1, 2, 3]) {
    const { cluster, slot, keys } = setUp();
    const key = keys[0] as ValidatorKey;
    const signable = attestationOf(cluster.eth2, slot, 0);
    cluster.crash(cluster.members[dead] as (typeof cluster.members)[number]);
    const alive = [0, 1, 2, 3].filter((at) => at !== dead);
    const answers = alive.map((at) => ask(cluster, slot, at, 4000, key, signable));
    await end(cluster, slot, 4300);
    for (const answer of answers) assertSigned(cluster, key, signable, answer.outcome);
  }
});

test('a leader whose client is silent proposes what the others ask for', async () => {
  for (const silent of [0, 1, 2, 3]) {
    const { cluster, slot, keys } = setUp();
    const key = keys[0] as ValidatorKey;
    const signable = attestationOf(cluster.eth2, slot, 0);
    const answers = [0, 1, 2, 3]
      .filter((at) => at !== silent)
      .map((at) => ask(cluster, slot, at, 4000, key, signable));
    await end(cluster, slot, 4400);
    for (const answer of answers) assertSigned(cluster, key, signable, answer.outcome);
  }
});

test('with two operators of four gone nothing is signed and the error says what is missing', async () => {
  const { cluster, slot, keys } = setUp();
  const key = keys[0] as ValidatorKey;
  for (const at of [2, 3]) cluster.crash(cluster.members[at] as (typeof cluster.members)[number]);
  const attestation = ask(cluster, slot, 0, 100, key, attestationOf(cluster.eth2, slot, 0));
  const randao = ask(cluster, slot, 0, 100, key, randaoOf(cluster.eth2, slot));
  await end(cluster, slot, 11000);
  assert.equal(attestation.outcome?.type, 'undecided');
  assert.equal(randao.outcome?.type, 'below-quorum');
  if (randao.outcome?.type === 'below-quorum') assert.deepEqual(randao.outcome.missing, [3, 4]);
});

test('an operator that restarts within a duty stays silent in its consensus and still gets the signature', async () => {
  const { cluster, slot, keys } = setUp();
  const key = keys[0] as ValidatorKey;
  const signable = attestationOf(cluster.eth2, slot, 0);
  const victim = cluster.members[3] as (typeof cluster.members)[number];
  const others = [0, 1, 2].map((at) => ask(cluster, slot, at, 4000, key, signable));
  ask(cluster, slot, 3, 4000, key, signable);
  await end(cluster, slot, 4012);
  cluster.crash(victim);
  await end(cluster, slot, 4500);
  for (const answer of others) assertSigned(cluster, key, signable, answer.outcome);
  cluster.start(victim);
  const again = ask(cluster, slot, 3, 4600, key, signable);
  await end(cluster, slot, 8000);
  assertSigned(cluster, key, signable, again.outcome);
});

test('an attestation that would be slashable is refused with its rule before anyone is asked', async () => {
  const { cluster, slot, keys } = setUp();
  const key = keys[0] as ValidatorKey;
  const member = cluster.members[0];
  const first = attestationOf(cluster.eth2, slot, 0);
  const answers = cluster.members.map((_, at) => ask(cluster, slot, at, 4000, key, first));
  await end(cluster, slot, 6000);
  for (const answer of answers) assertSigned(cluster, key, first, answer.outcome);
  // Another slot of the same epoch: the same target, another root.
  const next = (slot % 8 === 7 ? slot - 1 : slot + 1) as Slot;
  const second = ask(cluster, next, 0, 4000, key, attestationOf(cluster.eth2, next, 0));
  await end(cluster, next, 4100);
  assert.equal(second.outcome?.type, 'slashable');
  assert.equal(member?.signer.signed.length, 1);
});

test('requests outside their window, for unknown validators and against policy are refused at once', async () => {
  const { cluster, slot, keys } = setUp();
  const key = keys[0] as ValidatorKey;
  const early = ask(cluster, slot, 0, 100, key, attestationOf(cluster.eth2, (slot + 3) as Slot, 0));
  const late = ask(cluster, slot, 0, 100, key, attestationOf(cluster.eth2, (slot - 10) as Slot, 0));
  const unknown = ask(
    cluster,
    slot,
    0,
    100,
    `0x${'aa'.repeat(48)}` as ValidatorKey,
    randaoOf(cluster.eth2, slot),
  );
  await end(cluster, slot, 150);
  assert.equal(early.outcome?.type, 'too-early');
  assert.equal(late.outcome?.type, 'too-late');
  assert.equal(unknown.outcome?.type, 'unknown-validator');
});

test('a client that asks for other data after the decision gets an error, and its operator signs what was decided', async () => {
  const { cluster, slot, keys } = setUp();
  const key = keys[0] as ValidatorKey;
  cluster.network.setWeather({ delayMs: 5, jitterMs: 0, loss: 0, duplicate: 0 });
  const decided = attestationOf(cluster.eth2, slot, 0);
  for (const at of [0, 1, 2]) ask(cluster, slot, at, 4000, key, decided);
  await end(cluster, slot, 4012);
  const late = ask(cluster, slot, 3, 4018, key, attestationOf(cluster.eth2, slot, 1));
  await end(cluster, slot, 4100);
  assert.equal(late.outcome?.type, 'decided-otherwise');
  // By now what was decided is recorded, and this would be slashable beside it: that is not what is wrong with it.
  const repeated = ask(cluster, slot, 3, 4110, key, attestationOf(cluster.eth2, slot, 1));
  await end(cluster, slot, 4200);
  assert.equal(repeated.outcome?.type, 'decided-otherwise');
  const { signingRoot } = requestOf(cluster.eth2, decided).roots;
  assert.deepEqual(
    cluster.members[3]?.signer.signed.map(({ root }) => root),
    [signingRoot],
  );
});
