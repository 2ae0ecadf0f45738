/**
 * What a slot costs the network, by number of validators: all attest in one slot, at all four operators.
 *
 * Messages are counted where the workflow publishes them, in virtual time: once each, however many peers they go to. On the wire
 * of real nodes frames and bytes are counted from the start of that slot, less those of as long a time before it, when nobody asks
 * anything. A frame carries one message of gossip or upkeep to one peer, or several that were sent together. The number should
 * not grow with validators as long as their partial signatures fit into one message; bytes do, as each has one.
 */
import type { Slot } from '../../../src/core/ids.ts';
import { partialsPerMessage } from '../../../src/workflow/outbox.ts';
import { createClients } from '../cluster/clients.ts';
import { type BenchCluster, layOut } from '../cluster/lay-out.ts';
import { between, type Traffic } from '../cluster/network.ts';
import { startNodes } from '../cluster/nodes.ts';
import { publishedMessages } from '../cluster/published.ts';
import { attestations, epochAfter, untilSlot } from '../cluster/slots.ts';
import { type Series, sum, type Target } from '../figures.ts';
import { type Answers, type BenchCase, Broken, type CaseRun } from '../harness.ts';

const operatorCount = 4;
/** A burst of many validators may last longer than a slot. */
const slotsCounted = 2;

interface Plan {
  readonly validators: number;
  readonly slots: number;
  readonly warmUp: number;
  readonly slotSeconds: number;
}

/** Messages that the operators say to have published since they started; each counts once, however many peers it goes to. */
const sentBy = async ({ operators, metricsPortOf }: BenchCluster): Promise<number> =>
  sum(
    await Promise.all(
      operators.map(async (id) => {
        const response = await fetch(`http://127.0.0.1:${metricsPortOf(id)}/metrics`);
        const [, count] = /^quorate_messages_sent_total (\d+)$/m.exec(await response.text()) ?? [];
        if (count === undefined) throw new Broken(`operator ${id} does not say how many messages it sent`);
        return Number(count);
      }),
    ),
  );

interface Counts extends Traffic {
  readonly sent: number;
}

const less = (all: Counts, some: Counts): Counts => ({
  bytes: all.bytes - some.bytes,
  frames: all.frames - some.frames,
  sent: all.sent - some.sent,
});

const runSlots = async (
  { validators, slots, warmUp, slotSeconds }: Plan,
  say: (text: string) => void,
): Promise<{ series: readonly Series[]; answers: Answers }> => {
  await using laidOut = await layOut({ operators: operatorCount, validators, slotSeconds });
  await using proxies = await between(laidOut, { rttMs: 0, loss: 0 });
  const { cluster } = proxies;
  const { network } = cluster;
  await using _operators = await startNodes(cluster);
  await using clients = createClients(cluster);
  const soFar = async (): Promise<Counts> => ({ ...proxies.traffic(), sent: await sentBy(cluster) });
  const untilThen = async (before: Counts, slot: number): Promise<Counts> => {
    await untilSlot(network, slot as Slot);
    return less(await soFar(), before);
  };
  const more: Counts[] = [];
  for (let at = 0; at < slots + warmUp; at++) {
    const slot = epochAfter(network, slotsCounted);
    // Quiet is the time just before: what follows the burst is the burst's.
    await untilSlot(network, (slot - slotsCounted) as Slot);
    const idle = await untilThen(await soFar(), slot);
    const before = await soFar();
    await clients.ask(cluster.operators, attestations(network, slot, cluster.validators));
    const busy = await untilThen(before, slot + slotsCounted);
    if (at >= warmUp) more.push(less(busy, idle));
    say(`${busy.sent} messages, ${busy.frames} frames; ${idle.sent} and ${idle.frames} in a quiet time`);
  }
  await proxies.checkAllPass();
  const common = {
    name: 'messages',
    parameters: { operators: operatorCount, validators },
    floor: null,
    target: null,
  } as const;
  return {
    series: [
      {
        ...common,
        figure: 'published by real nodes in a slot',
        unit: 'messages',
        samples: more.map(({ sent }) => sent),
      },
      {
        ...common,
        figure: 'frames between operators in a slot',
        unit: 'messages',
        samples: more.map(({ frames }) => frames),
      },
      {
        ...common,
        figure: 'bytes between operators in a slot',
        unit: 'kB',
        samples: more.map(({ bytes }) => bytes / 1000),
      },
    ],
    answers: clients.answers('messages', { validators }),
  };
};

/** All requests at one moment, and as a client sends them that takes a while. ms */
const spreadsMs = [0, 200];

/** As many as the fewest validators take, and one of each operator for every message that is full. */
const targetOf = async (validators: number, fewest: number, spreadMs: number): Promise<Target | null> => {
  if (spreadMs > 0 || validators === fewest) return null;
  const base = await publishedMessages(operatorCount, fewest, spreadMs);
  const over = Math.ceil(validators / partialsPerMessage) - 1;
  return { of: 'median', max: base + operatorCount * over };
};

const published = (validators: number, fewest: number): Promise<readonly Series[]> =>
  Promise.all(
    spreadsMs.map(async (spreadMs) => ({
      name: 'messages',
      parameters: { operators: operatorCount, validators, 'asked within ms': spreadMs },
      floor: null,
      target: await targetOf(validators, fewest, spreadMs),
      figure: 'published by all operators in a slot',
      unit: 'messages',
      samples: [await publishedMessages(operatorCount, validators, spreadMs)],
    })),
  );

export const messagesCase: BenchCase = {
  type: 'nodes',
  name: 'messages',
  about: 'messages, frames and bytes between four operators in a slot, with 10, 100 and 1000 validators',
  isLong: false,
  async run({ short, runs }, say): Promise<CaseRun> {
    const series: Series[] = [];
    const answers: Answers[] = [];
    const counts = short ? [4] : [10, 100, 1000];
    for (const validators of counts) {
      say(`${validators} validators`);
      const result = await runSlots(
        short
          ? { validators, slots: 1, warmUp: 0, slotSeconds: 1 }
          : { validators, slots: runs ?? 2, warmUp: 1, slotSeconds: 2 },
        say,
      );
      series.push(...(await published(validators, Math.min(...counts))), ...result.series);
      answers.push(result.answers);
    }
    return { series, answers };
  },
};
