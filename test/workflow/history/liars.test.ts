/**
 * Peers that lie to a node that lost its history: what they can make it believe, and what that costs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rootsOf } from '../../../src/core/eth2/signing-root.ts';
import { epochOf, slotAt, startSlotOf } from '../../../src/core/eth2/slots.ts';
import type { Entry } from '../../../src/core/history/entry.ts';
import type { HistoryResponse } from '../../../src/core/history/messages.ts';
import type { Epoch, OperatorId, Root, ShareKey, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { partialSignature } from '../../fakes/signing.ts';
import { attestationOf, requestOf, rootOf } from '../../simulation/world/requests.ts';
import { createRememberingCluster, type RememberingCluster } from './remembering-cluster.ts';

type Page = Extract<HistoryResponse, { readonly type: 'page' }>;

/** A cluster in which validator 0 voted once; then operator 4 lost everything and starts again. */
const forget = async (
  lies: (world: RememberingCluster, slot: Slot) => void,
): Promise<{
  readonly world: RememberingCluster;
  readonly slot: Slot;
  readonly keys: readonly ValidatorKey[];
}> => {
  const world = createRememberingCluster({ validators: 2 });
  const { cluster } = world;
  for (const member of cluster.members) world.start(member.id);
  await cluster.clock.runUntil(cluster.clock.now() + 1000);
  const keys = [...cluster.registry.validators.keys()];
  const slot = startSlotOf(
    cluster.eth2,
    (epochOf(cluster.eth2, slotAt(cluster.eth2, cluster.clock.now())) + 1) as Epoch,
  );
  const request = requestOf(cluster.eth2, attestationOf(cluster.eth2, slot, 0));
  await cluster.clock.runUntil(cluster.eth2.genesisTimeMs + slot * cluster.eth2.slotMs + 4000);
  for (const member of cluster.members)
    void member.workflow?.sign(keys[0] as ValidatorKey, request, new AbortController().signal);
  await cluster.clock.runUntil(cluster.clock.now() + 5000);
  world.crash(4);
  world.deleteDatabases(4);
  lies(world, slot);
  world.start(4);
  await cluster.clock.runUntil(cluster.clock.now() + 3000);
  return { world, slot, keys };
};

const verdict = (
  world: RememberingCluster,
  key: ValidatorKey,
  source: number,
  target: number,
  root = rootOf(777),
) =>
  world
    .lifeOf(4)
    .slashing.judge([
      { type: 'attestation', key, source: source as Epoch, target: target as Epoch, signingRoot: root },
    ])[0]?.type;

const withEntries =
  (change: (entries: readonly Entry[]) => readonly Entry[]) =>
  (truth: HistoryResponse): HistoryResponse =>
    truth.type === 'page' ? ({ ...truth, entries: change(truth.entries) } satisfies Page) : truth;

const answersOf = (world: RememberingCluster) =>
  (world.cluster.members[3]?.trace ?? []).filter((event) => event.type === 'history-answer');

test('one honest answer is enough to learn a vote, whatever the others leave out', async () => {
  const { world, slot, keys } = await forget((one) => {
    for (const liar of [1, 2])
      one.lie(
        liar,
        withEntries(() => []),
      );
  });
  using _ = world;
  const target = epochOf(world.cluster.eth2, slot);
  assert.equal(verdict(world, keys[0] as ValidatorKey, target - 1, target), 'slashable');
});

test('a validator is not blocked by a certificate alone, nor by claims that do not verify', async () => {
  const { world, slot, keys } = await forget((one) => {
    one.lie(
      1,
      withEntries((entries) => entries.map((entry) => ({ ...entry, proofs: [] }))),
    );
    one.lie(
      2,
      withEntries((entries) =>
        entries.map((entry) => ({
          ...entry,
          proofs: [0, 1].map((at) => ({
            validator: [...one.cluster.registry.validators.keys()][at] as ValidatorKey,
            index: 0,
            claims: [{ by: 2 as OperatorId, signature: new Uint8Array(96).fill(5) }],
          })),
        })),
      ),
    );
    one.lie(
      3,
      withEntries(() => []),
    );
  });
  using _ = world;
  const target = epochOf(world.cluster.eth2, slot);
  for (const key of keys) assert.equal(verdict(world, key, target - 1, target), 'safe');
  assert.equal(world.lifeOf(4).blamed.length, 0);
});

test("a lying operator's own claim blocks another validator in the epoch of the certificate, and in no other", async () => {
  const { world, slot, keys } = await forget((one, at) => {
    const { eth2, registry } = one.cluster;
    const [, second] = [...registry.validators.values()];
    const { signingRoot } = rootsOf(eth2, attestationOf(eth2, at, 0));
    const share = second?.shares.get(1 as OperatorId) as ShareKey;
    const claims = [{ by: 1 as OperatorId, signature: partialSignature(share, signingRoot as Root) }];
    const proofs = [{ validator: second?.key as ValidatorKey, index: 0, claims }];
    one.lie(
      1,
      withEntries((entries) => entries.map((entry) => ({ ...entry, proofs }))),
    );
  });
  using _ = world;
  const target = epochOf(world.cluster.eth2, slot);
  assert.equal(verdict(world, keys[1] as ValidatorKey, target - 1, target), 'slashable');
  assert.equal(verdict(world, keys[1] as ValidatorKey, target, target + 1), 'safe');
});

test('a forged certificate is blamed, and its teller does not count', async () => {
  const { world, slot, keys } = await forget((one) => {
    for (const liar of [1, 2])
      one.lie(
        liar,
        withEntries((entries) =>
          entries.map(({ certificate, proofs }) => ({ proofs, certificate: { ...certificate, round: 5 } })),
        ),
      );
  });
  using _ = world;
  const life = world.lifeOf(4);
  assert.deepEqual(life.blamed.map((text) => text.slice(0, 1)).sort(), ['1', '2']);
  assert.equal(life.catchUp.status()[0]?.standing.type, 'asking');
  const target = epochOf(world.cluster.eth2, slot);
  assert.equal(verdict(world, keys[0] as ValidatorKey, target - 1, target), 'slashable');
});

test('pages without end, pages that lead nowhere, and entries that were not asked for', async () => {
  const strange = { shown: 0 };
  const { world } = await forget((one) => {
    one.lie(1, (truth) => (truth.type === 'page' ? { ...truth, next: [++strange.shown, 0, 0] } : truth));
    one.lie(2, (truth) => (truth.type === 'page' ? { ...truth, entries: [], next: [1, 1, 1] } : truth));
    one.lie(3, (truth, request) =>
      truth.type === 'page' && request.kind === 'since'
        ? {
            ...truth,
            entries: truth.entries.map((entry) => ({
              ...entry,
              proofs: entry.proofs.map((proof) => ({
                ...proof,
                validator: `0x${'ee'.repeat(48)}` as ValidatorKey,
              })),
            })),
          }
        : truth,
    );
  });
  using _ = world;
  await world.cluster.clock.runUntil(world.cluster.clock.now() + 30_000);
  assert.equal(world.lifeOf(4).catchUp.status()[0]?.standing.type, 'asking');
  assert.deepEqual(
    answersOf(world)
      .slice(-3)
      .map((event) => `${event.from} ${event.outcome}`)
      .sort(),
    ['1 lie', '2 lie', '3 lie'],
  );
});

test('an operator that never answers is given up after a while and asked again', async () => {
  const { world } = await forget((one) => {
    for (const silent of [1, 2]) one.lie(silent, () => null);
  });
  using _ = world;
  assert.equal(world.lifeOf(4).catchUp.status()[0]?.standing.type, 'asking');
  for (const silent of [1, 2]) world.lie(silent, (truth) => truth);
  await world.cluster.clock.runUntil(world.cluster.clock.now() + 130_000);
  assert.equal(world.lifeOf(4).catchUp.status()[0]?.standing.type, 'caught-up');
});
