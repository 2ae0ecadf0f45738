/**
 * One random world: a few slots of chaos, then calm, then one slot in which everything must work.
 *
 * Chaos: loss, delay, reordering, duplication, partitions, crashes and restarts with only durable state kept, skewed clocks,
 * slow signers, clients that see different chains, ask late, twice or not at all, and up to f traitors. Everything follows
 * from the seed.
 */
import type { Signable } from '../../../src/core/eth2/signable.ts';
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { OperatorId, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { createRandom, type Random } from '../../fakes/random.ts';
import { wholeSignature } from '../../fakes/signing.ts';
import { type Cluster, createCluster, type Member } from './cluster.ts';
import { createMonitor, type Monitor } from './monitor.ts';
import { calm } from './network.ts';
import { attestationOf, blockOf, contributionOf, randaoOf, requestOf, syncMessageOf } from './requests.ts';
import { createTraitor } from './traitor.ts';

export interface WorldResult {
  readonly seed: number;
  readonly broken: readonly string[];
  /** Signatures that clients got. */
  readonly signed: number;
  readonly decided: number;
}

export interface WorldOptions {
  readonly n: number;
  readonly seed: number;
  readonly trace?: (line: string) => void;
}

const chaosSlots = 3;

interface Scene {
  readonly cluster: Cluster;
  readonly random: Random;
  readonly monitor: Monitor;
  readonly traitors: ReadonlySet<OperatorId>;
  readonly keys: readonly ValidatorKey[];
  readonly counts: { signed: number; decided: number };
}

const ask = (
  scene: Scene,
  member: Member,
  atMs: number,
  key: ValidatorKey,
  signable: Signable,
  onDone?: (type: string) => void,
): void => {
  const { cluster, monitor, counts } = scene;
  const request = requestOf(cluster.eth2, signable);
  cluster.clock.at(atMs, () => {
    if (member.workflow === null) return;
    member.workflow.sign(key, request, new AbortController().signal).then(
      (outcome) => {
        onDone?.(outcome.type);
        if (outcome.type !== 'signed') return;
        counts.signed += 1;
        const expected = wholeSignature(key, request.roots.signingRoot);
        if (Buffer.compare(expected, outcome.signature) !== 0)
          monitor.broken.push(`operator ${member.id} returned a signature that is not over the request`);
      },
      (fault) => monitor.broken.push(`operator ${member.id}: sign threw ${fault}`),
    );
  });
};

/** What one client asks in one slot, with the whims of real ones. */
const askInSlot = (scene: Scene, member: Member, slot: Slot): void => {
  const { cluster, random, keys } = scene;
  const startMs = slotStartMs(cluster.eth2, slot);
  const view = random.chance(0.75) ? 0 : random.int(1, 2);
  if (random.chance(0.2)) return;
  for (const [at, key] of keys.entries()) {
    if (random.chance(0.2)) continue;
    ask(scene, member, startMs + random.int(300, 6000), key, attestationOf(cluster.eth2, slot, view));
    // A client that changed its mind, or was restarted on another chain.
    if (random.chance(0.15))
      ask(scene, member, startMs + random.int(300, 9000), key, attestationOf(cluster.eth2, slot, view + 1));
    if (random.chance(0.3))
      ask(scene, member, startMs + random.int(3000, 6000), key, syncMessageOf(slot, view));
    if (random.chance(0.2))
      ask(scene, member, startMs + random.int(0, 2000), key, randaoOf(cluster.eth2, slot));
    if (at === 0 && slot % 2 === 0)
      ask(scene, member, startMs + random.int(50, 3000), key, blockOf(slot, member.id % 4));
    if (at === 0 && random.chance(0.3))
      ask(scene, member, startMs + random.int(7900, 9000), key, contributionOf(slot, 1, member.id));
  }
};

const disturb = (scene: Scene, startMs: number, untilMs: number): void => {
  const { cluster, random, traitors } = scene;
  const { clock, network } = cluster;
  network.setWeather({
    delayMs: random.pick([1, 10, 50, 200]),
    jitterMs: random.pick([0, 10, 100, 800]),
    loss: random.pick([0, 0, 0.02, 0.1, 0.3]),
    duplicate: random.pick([0, 0.1, 0.5]),
  });
  for (const member of cluster.members) {
    if (traitors.has(member.id) || !random.chance(0.3)) continue;
    const downMs = random.int(startMs, untilMs);
    clock.at(downMs, () => member.workflow !== null && cluster.crash(member));
    clock.at(downMs + random.int(10, 8000), () => member.workflow === null && cluster.start(member));
  }
  if (random.chance(0.3)) {
    const ids = random.shuffle(cluster.members.map((member) => member.id));
    const cut = random.int(1, ids.length - 1);
    clock.at(random.int(startMs, untilMs), () => network.partition([ids.slice(0, cut), ids.slice(cut)]));
    clock.at(random.int(startMs, untilMs), () => network.partition([]));
  }
};

/** In the last slot every honest operator must decide, and whoever asked for what was decided must get its signature. */
const demandLife = (scene: Scene, slot: Slot): (() => void) => {
  const { cluster, monitor, traitors, keys } = scene;
  const startMs = slotStartMs(cluster.eth2, slot);
  const honest = cluster.members.filter((member) => !traitors.has(member.id));
  const decided = new Set<OperatorId>();
  const unsigned = new Set<string>();
  cluster.watch((member, event) => {
    if (event.type === 'decided' && event.kind === 'attestation' && event.slot === slot)
      decided.add(member.id);
  });
  const key = keys[0] as ValidatorKey;
  for (const [at, member] of honest.entries()) {
    const name = `operator ${member.id}`;
    unsigned.add(name);
    ask(scene, member, startMs + 3000 + 70 * at, key, attestationOf(cluster.eth2, slot, 0), (type) => {
      if (type === 'signed' || type === 'decided-otherwise') unsigned.delete(name);
      else unsigned.add(`${name} (${type})`);
    });
  }
  return () => {
    for (const member of honest)
      if (!decided.has(member.id)) monitor.broken.push(`operator ${member.id} did not decide after calm`);
    for (const name of unsigned) monitor.broken.push(`${name} got no answer after calm`);
  };
};

export const runWorld = async ({ n, seed, trace }: WorldOptions): Promise<WorldResult> => {
  const random = createRandom(seed);
  const skews = new Map<OperatorId, number>();
  const cluster = createCluster({
    n,
    validators: random.int(1, 3),
    random,
    electra: random.chance(0.5),
    strictness: random.chance(0.7) ? 'strict' : 'lenient',
    signDelayMs: random.pick([0, 1, 20, 300]),
    skewMs: (operator) => skews.get(operator) ?? 0,
  });
  const f = Math.floor((n - 1) / 3);
  const ids = cluster.members.map((member) => member.id);
  const traitors = new Set(random.shuffle(ids).slice(0, random.int(0, f)));
  for (const id of ids) skews.set(id, random.int(-200, 200));
  for (const id of traitors) {
    const camp = new Set(random.shuffle(ids).slice(0, random.int(0, n - 1)));
    cluster.network.tamper(id, createTraitor(id, random, camp));
  }
  const monitor = createMonitor(cluster, traitors);
  const counts = { signed: 0, decided: 0 };
  cluster.watch((member, event) => {
    if (event.type === 'decided') counts.decided += 1;
    trace?.(
      `${cluster.clock.now() - cluster.eth2.genesisTimeMs} ${member.id} ${JSON.stringify(event, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex').slice(0, 16) : value))}`,
    );
  });
  for (const member of cluster.members) cluster.start(member);
  const scene: Scene = {
    cluster,
    random,
    monitor,
    traitors,
    keys: [...cluster.registry.validators.keys()],
    counts,
  };
  const first = slotAt(cluster.eth2, cluster.clock.now()) + 1;
  const startMs = slotStartMs(cluster.eth2, first as Slot);
  for (let at = 0; at < chaosSlots; at++) {
    for (const member of cluster.members) askInSlot(scene, member, (first + at) as Slot);
  }
  const calmMs = startMs + chaosSlots * cluster.eth2.slotMs;
  disturb(scene, startMs, calmMs - 1000);
  await cluster.clock.runUntil(calmMs);
  cluster.network.setWeather(calm);
  cluster.network.partition([]);
  // What crashed within the last seconds comes back by itself; a new epoch, so that no earlier vote stands in the way.
  const lastSlot = (Math.ceil((first + chaosSlots + 2) / 8) * 8) as Slot;
  await cluster.clock.runUntil(slotStartMs(cluster.eth2, lastSlot) - 100);
  const check = demandLife(scene, lastSlot);
  await cluster.clock.runUntil(slotStartMs(cluster.eth2, (lastSlot + 6) as Slot));
  check();
  monitor.finish();
  return { seed, broken: monitor.broken, signed: counts.signed, decided: counts.decided };
};
