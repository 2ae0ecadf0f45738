/**
 * The run's parts in order: what is switched, which epochs are counted, what is expected of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observer } from './chain/observer.ts';
import type { AnswerCount } from './operators/answers.ts';
import type { InteropKey } from './operators/interop-keys.ts';
import {
  askRandao,
  listedKeys,
  type NetworkFacts,
  type OperatorNumber,
  type Operators,
  operatorNumbers,
  type Probe,
} from './operators/operators.ts';
import type { Options } from './options.ts';
import { waitFor } from './world/wait.ts';

export type PartName = 'healthy' | 'one stopped' | 'needs the returned one' | 'two stopped' | 'recovered';

export interface Part {
  readonly name: PartName;
  readonly stopped: readonly OperatorNumber[];
  readonly firstEpoch: number;
  readonly lastEpoch: number;
  /** The running nodes' own account at the end of the part, since their start. */
  readonly answers: readonly AnswerCount[];
}

export interface Story {
  readonly parts: readonly Part[];
  /** What running nodes answered while a quorum was missing. */
  readonly probes: ReadonlyMap<OperatorNumber, Probe>;
}

export interface World {
  readonly options: Options;
  readonly operators: Operators;
  readonly observer: Observer;
  readonly keys: readonly InteropKey[];
  readonly network: NetworkFacts;
  readonly say: (line: string) => void;
}

const startAndAwait = async (world: World, operator: OperatorNumber): Promise<void> => {
  await world.operators.start(operator);
  const startedMs = Date.now();
  await waitFor({ what: `operator ${operator} to list its keys`, timeoutMs: 60_000 }, async () => {
    const keys = await listedKeys(world.operators.url(operator));
    return keys.length === world.keys.length ? keys : null;
  });
  world.say(`operator ${operator} is ready after ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
};

const probeRunning = async (world: World, epoch: number): Promise<Map<OperatorNumber, Probe>> => {
  // Well inside the slot, and for an epoch and a validator for which nobody has asked yet.
  await sleep(1.5 * world.options.slotSeconds * 1000);
  const key = world.keys[world.keys.length - 1];
  const probes = new Map<OperatorNumber, Probe>();
  for (const operator of [1, 2] as const) {
    probes.set(
      operator,
      await askRandao(world.operators.url(operator), key?.publicKey ?? '', epoch, world.network),
    );
  }
  return probes;
};

export const tellStory = async (world: World): Promise<Story> => {
  const { observer, operators, options, say } = world;
  const parts: Part[] = [];
  let next = Math.max(1, observer.currentEpoch() + 2);
  for (let epoch = Math.max(0, observer.currentEpoch()); epoch < next; epoch++)
    await observer.liveThrough(epoch);

  const live = async (epochs: number): Promise<void> => {
    for (const end = next + epochs; next < end; next++) await observer.liveThrough(next);
  };
  const count = async (name: PartName, stopped: readonly OperatorNumber[], epochs: number): Promise<void> => {
    say(`--- ${name}: epochs ${next} to ${next + epochs - 1} are counted`);
    const part = { name, stopped, firstEpoch: next, lastEpoch: next + epochs - 1 };
    await live(epochs);
    const running = operatorNumbers.filter((operator) => !stopped.includes(operator));
    parts.push({ ...part, answers: await operators.answers(running) });
  };
  const kill = async (operator: OperatorNumber): Promise<void> => {
    say(`--- operator ${operator} is killed`);
    await operators.kill(operator);
  };

  await count('healthy', [], options.healthyEpochs);
  let probes: ReadonlyMap<OperatorNumber, Probe> = new Map();
  if (options.faults) {
    await kill(4);
    await count('one stopped', [4], options.oneStoppedEpochs);
    say('--- operator 4 returns');
    await Promise.all([startAndAwait(world, 4), live(1)]);
    // With operator 3 gone there is a quorum only if operator 4 really takes part again.
    await kill(3);
    await count('needs the returned one', [3], options.oneStoppedEpochs - 1);
    await kill(4);
    const probing = probeRunning(world, next);
    await Promise.all([count('two stopped', [3, 4], 2), probing]);
    probes = await probing;
    say('--- operator 3 returns');
    // A client that got no selection proofs asks again with the next epoch, so the epoch after that is the first whole one.
    await Promise.all([startAndAwait(world, 3), live(2)]);
    await count('recovered', [4], 1);
  }
  // The inclusion window of the last counted epoch.
  await live(1);
  return { parts, probes };
};
