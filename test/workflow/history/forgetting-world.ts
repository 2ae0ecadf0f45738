/**
 * A world in which nodes keep losing their databases: clients ask for conflicting data in every slot, nodes are
 * crashed and come back without their databases, and the monitor counts who signed what across all lives.
 */
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { OperatorId, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { createRandom } from '../../fakes/random.ts';
import { createMonitor } from '../../simulation/world/monitor.ts';
import { attestationOf, blockOf, requestOf } from '../../simulation/world/requests.ts';
import { createRememberingCluster } from './remembering-cluster.ts';

export interface ForgettingResult {
  readonly broken: readonly string[];
  readonly signed: number;
  /** Databases that were lost. */
  readonly lost: number;
  /** Nodes that had caught up again by the end. */
  readonly recovered: number;
}

export const runForgettingWorld = async (options: {
  readonly seed: number;
  readonly slots: number;
  /** False: nodes sign at once after a start and learn nothing. For showing that the rule is what keeps the promise. */
  readonly catchUp: boolean;
}): Promise<ForgettingResult> => {
  const { seed, slots, catchUp } = options;
  const random = createRandom(seed);
  using world = createRememberingCluster({ validators: 2, skipCatchUp: () => !catchUp });
  const { cluster } = world;
  const { clock, eth2 } = cluster;
  const monitor = createMonitor(cluster, new Set<OperatorId>());
  const keys = [...cluster.registry.validators.keys()];
  if (!catchUp)
    for (const { id } of cluster.members)
      world.lie(id, (truth) => (truth.type === 'page' ? { ...truth, entries: [], next: null } : truth));
  for (const member of cluster.members) world.start(member.id);
  await clock.runUntil(clock.now() + 1000);
  const first = slotAt(eth2, clock.now()) + 1;
  const counts = { signed: 0, lost: 0 };
  const ask = (
    atMs: number,
    operator: number,
    signable: Parameters<typeof requestOf>[1],
    key: ValidatorKey,
  ): void => {
    clock.at(atMs, () => {
      void cluster.members[operator - 1]?.workflow
        ?.sign(key, requestOf(eth2, signable), new AbortController().signal)
        .then(({ type }) => {
          if (type === 'signed') counts.signed += 1;
        });
    });
  };
  for (let at = 0; at < slots; at++) {
    const slot = (first + at) as Slot;
    const startMs = slotStartMs(eth2, slot);
    for (const { id } of cluster.members) {
      for (const key of keys) {
        ask(startMs + random.int(0, 6000), id, attestationOf(eth2, slot, random.int(0, 1)), key);
        ask(startMs + random.int(0, 3000), id, blockOf(slot, random.int(0, 1)), key);
      }
    }
  }
  // Three of four within an epoch, then two epochs of peace: more than f, so that only the floor keeps the promise.
  for (let at = 1; at < slots; at += 24) {
    const victims = random.shuffle([1, 2, 3, 4]).slice(0, 3);
    for (const victim of victims) {
      const downMs = slotStartMs(eth2, (first + at) as Slot) + random.int(7_000, 20_000);
      clock.at(downMs, () => {
        world.crash(victim);
        world.deleteDatabases(victim);
        counts.lost += 1;
      });
      clock.at(downMs + random.int(10, 3_000), () => world.start(victim));
    }
  }
  await clock.runUntil(slotStartMs(eth2, (first + slots + 24) as Slot));
  monitor.finish();
  const standings = cluster.members.map(({ id }) => world.lifeOf(id).catchUp.status()[0]?.standing.type);
  return {
    broken: monitor.broken,
    signed: counts.signed,
    lost: counts.lost,
    recovered: standings.filter((type) => type === 'caught-up').length,
  };
};
