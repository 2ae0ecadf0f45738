/**
 * What a seed means: who takes part, who lies and how, who fails, and what the network does until it heals.
 */
import type { OperatorId } from '../../../src/core/ids.ts';
import { leaderOf } from '../../../src/core/qbft/quorum.ts';
import type { QbftMessageType } from '../../../src/core/wire/qbft-message.ts';
import { createRandom, type Random } from '../../fakes/random.ts';
import { type MoveName, moveNames, proposingMoves } from './moves.ts';

/** A round's length, and the longest delay after healing: four delays fit into a round. */
export const roundTicks = 24;
export const calmDelayTicks = 4;
export const cutOffRound = 12;
/** Values from here on nobody accepts. */
export const firstInvalidValue = 64;
/** Values of traitors start here; honest operators' own are below. */
export const firstTraitorValue = 32;

export interface Crash {
  readonly atTick: number;
  /** Comes back with its journal only. */
  readonly backTick: number;
}

export interface Plan {
  readonly seed: number;
  readonly random: Random;
  readonly committee: readonly OperatorId[];
  readonly faulty: number;
  readonly quorum: number;
  readonly height: number;
  readonly traitors: ReadonlySet<OperatorId>;
  readonly moves: readonly MoveName[];
  /** What each honest operator would propose and when it learns it; -1 for never. */
  readonly values: ReadonlyMap<OperatorId, { readonly number: number; readonly atTick: number }>;
  /** Honest operators refuse each other's values by this chance; 0: all valid values are accepted by all. */
  readonly refusals: ReadonlyMap<OperatorId, number>;
  readonly crashes: ReadonlyMap<OperatorId, Crash>;
  readonly skewTicks: ReadonlyMap<OperatorId, number>;
  readonly healTick: number;
  readonly delayTicksMax: number;
  readonly loss: number;
  readonly duplication: number;
  /** Chance, per message taken in, that an operator gives up its round early. */
  readonly haste: number;
  /** Two sides that do not hear each other until healing; null for none. */
  readonly side: ReadonlySet<OperatorId> | null;
  /** Until healing, messages of this kind and round reach only these operators. */
  readonly masks: ReadonlyMap<string, ReadonlySet<OperatorId>>;
  /** Until healing, messages of this kind and round by this operator reach nobody. */
  readonly mutes: ReadonlySet<string>;
}

/** A story of weather: see Plan.masks and Plan.mutes. */
interface Weather {
  readonly masks: Plan['masks'];
  readonly mutes: Plan['mutes'];
}

export const maskKey = (type: QbftMessageType, round: number): string => `${type}/${round}`;
export const muteKey = (type: QbftMessageType, round: number, by: OperatorId): string =>
  `${type}/${round}/${by}`;

const subset = (random: Random, members: readonly OperatorId[], chance: number): ReadonlySet<OperatorId> =>
  new Set(members.filter(() => random.chance(chance)));

const planMasks = (random: Random, committee: readonly OperatorId[]): Plan['masks'] => {
  const masks = new Map<string, ReadonlySet<OperatorId>>();
  // The hardest story for agreement: one operator alone sees a decision, and is not heard.
  if (random.chance(0.35)) {
    const witness = random.pick(committee);
    const rounds = 1 + random.below(3);
    for (let round = 1; round <= rounds; round++) masks.set(maskKey('commit', round), new Set([witness]));
  }
  const kinds: readonly QbftMessageType[] = ['proposal', 'prepare', 'commit', 'round-change'];
  for (const kind of kinds) {
    for (let round = 1; round <= 3; round++) {
      if (random.chance(0.12)) masks.set(maskKey(kind, round), subset(random, committee, 0.5));
    }
  }
  return masks;
};

/**
 * Two operators prepare different values in rounds 1 and 2, and the second value is decided where only one sees it; then a
 * traitor leads. Too much to ask of chance.
 */
const twoLocks = (
  random: Random,
  committee: readonly OperatorId[],
  traitors: ReadonlySet<OperatorId>,
): Weather => {
  const [early, witness] = random.shuffle(committee.filter((operator) => !traitors.has(operator)));
  if (early === undefined || witness === undefined) throw new RangeError('two honest operators at least');
  return {
    masks: new Map([
      [maskKey('prepare', 1), new Set([early])],
      [maskKey('commit', 1), new Set()],
      [maskKey('prepare', 2), new Set(committee.filter((operator) => operator !== early))],
      [maskKey('commit', 2), new Set([witness])],
    ]),
    mutes: new Set([muteKey('round-change', 2, early)]),
  };
};

const planCrashes = (random: Random, honest: readonly OperatorId[], spare: number): Plan['crashes'] => {
  const crashes = new Map<OperatorId, Crash>();
  if (!random.chance(0.25)) return crashes;
  // Sometimes more fail than may: then nobody owes us a decision, but agreement still holds.
  const count = random.chance(0.8) ? random.below(spare + 1) : 1 + random.below(honest.length);
  for (const operator of random.shuffle(honest).slice(0, count)) {
    const atTick = random.below(3 * roundTicks);
    crashes.set(operator, { atTick, backTick: atTick + 1 + random.below(2 * roundTicks) });
  }
  return crashes;
};

/** The next height from a random one on at which a traitor leads this round; 0 for any. */
const chooseHeight = (
  random: Random,
  committee: readonly OperatorId[],
  traitors: ReadonlySet<OperatorId>,
  round: number,
): number => {
  const height = random.below(1000);
  if (round === 0) return height;
  for (let later = height; later < height + committee.length; later++) {
    if (traitors.has(leaderOf(committee, later, round))) return later;
  }
  return height;
};

export const makePlan = (seed: number, nodes: number): Plan => {
  const random = createRandom(seed);
  const committee = Array.from({ length: nodes }, (_, at) => (at + 1) as OperatorId);
  const faulty = (nodes - 1) / 3;
  const traitorCount = random.chance(0.8) ? 1 + random.below(faulty) : 0;
  const traitors = new Set(random.shuffle(committee).slice(0, traitorCount));
  const honest = committee.filter((operator) => !traitors.has(operator));
  const isStormy = random.chance(0.9);
  const isOneValue = random.chance(0.2);
  const isDivided = random.chance(0.15);
  const isTwoLocks = isStormy && traitorCount > 0 && random.chance(0.1);
  const weather = isTwoLocks
    ? twoLocks(random, committee, traitors)
    : { masks: isStormy ? planMasks(random, committee) : new Map(), mutes: new Set<string>() };
  // Rounds 2 and 3 are the first in which somebody may have decided, alone, before a traitor leads.
  const traitorRound = isTwoLocks ? 3 : random.pick([0, 0, 2, 2, 3]);
  const values = honest.map((operator) => {
    const number = isOneValue ? 1 : operator;
    const atTick = random.chance(0.75) ? 0 : random.chance(0.5) ? random.below(3 * roundTicks) : -1;
    return [operator, { number, atTick }] as const;
  });
  return {
    seed,
    random,
    committee,
    faulty,
    quorum: 2 * faulty + 1,
    height: chooseHeight(random, committee, traitors, traitorRound),
    traitors,
    moves: [
      ...random.shuffle(proposingMoves).slice(0, 1),
      ...random.shuffle(moveNames).slice(0, random.below(3)),
    ],
    values: new Map(values),
    refusals: new Map(
      honest.map((operator) => [operator, isDivided && random.chance(0.4) ? random.below(8) : -1]),
    ),
    crashes: planCrashes(random, honest, faulty - traitorCount),
    skewTicks: new Map(committee.map((operator) => [operator, random.chance(0.3) ? random.below(4) : 0])),
    healTick: isTwoLocks ? 4 * roundTicks : isStormy ? roundTicks + random.below(3 * roundTicks) : 0,
    delayTicksMax: isTwoLocks ? 4 : random.pick([2, 4, 12, 40]),
    loss: random.pick([0, 0, 0.05, 0.3]),
    duplication: random.pick([0, 0, 0.1]),
    haste: random.pick([0, 0, 0, 0.02]),
    side: isStormy && random.chance(0.2) ? subset(random, committee, 0.5) : null,
    ...weather,
  };
};
