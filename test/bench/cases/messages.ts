/**
 * What a slot costs the network, by number of validators: all attest in one slot, at all four operators. Counted are the bytes and
 * frames between operators from the start of that slot until the next, less those of a slot in which nobody asks anything.
 *
 * A frame of noise carries one message of gossip, or several that were sent together, to one peer; so a message to all counts as
 * many times as it is sent. The number should not grow with validators as long as their partial signatures fit into one message;
 * bytes do, as each has one.
 */
import type { Slot } from '../../../src/core/ids.ts';
import { createClients } from '../cluster/clients.ts';
import { layOut } from '../cluster/lay-out.ts';
import { between, type Traffic } from '../cluster/network.ts';
import { startNodes } from '../cluster/nodes.ts';
import { attestations, nextEpoch, untilSlot } from '../cluster/slots.ts';
import type { Series } from '../figures.ts';
import type { Answers, BenchCase, CaseRun } from '../harness.ts';

const operatorCount = 4;
/** A burst of many validators may last longer than a slot. */
const slotsCounted = 2;

interface Plan {
  readonly validators: number;
  readonly slots: number;
  readonly warmUp: number;
  readonly slotSeconds: number;
}

const runSlots = async ({
  validators,
  slots,
  warmUp,
  slotSeconds,
}: Plan): Promise<{ series: readonly Series[]; answers: Answers }> => {
  await using laidOut = await layOut({ operators: operatorCount, validators, slotSeconds });
  await using proxies = await between(laidOut, { rttMs: 0, loss: 0 });
  const { cluster } = proxies;
  await using _operators = await startNodes(cluster);
  await using clients = createClients(cluster);
  const since = async (before: Traffic, slot: Slot): Promise<Traffic> => {
    await untilSlot(cluster.network, (slot + slotsCounted) as Slot);
    const now = proxies.traffic();
    return { bytes: now.bytes - before.bytes, frames: now.frames - before.frames };
  };
  const more: Traffic[] = [];
  for (let at = 0; at < slots + warmUp; at++) {
    const slot = await nextEpoch(cluster.network);
    const before = proxies.traffic();
    await clients.ask(cluster.operators, attestations(cluster.network, slot, cluster.validators));
    const busy = await since(before, slot);
    const idle = await since(proxies.traffic(), (slot + slotsCounted) as Slot);
    if (at >= warmUp) more.push({ bytes: busy.bytes - idle.bytes, frames: busy.frames - idle.frames });
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

export const messagesCase: BenchCase = {
  type: 'nodes',
  name: 'messages',
  about: 'frames and bytes between four operators in a slot, with 10, 100 and 1000 validators',
  isLong: false,
  async run({ short, runs }, say): Promise<CaseRun> {
    const series: Series[] = [];
    const answers: Answers[] = [];
    for (const validators of short ? [4] : [10, 100, 1000]) {
      say(`${validators} validators`);
      const result = await runSlots(
        short
          ? { validators, slots: 1, warmUp: 0, slotSeconds: 1 }
          : { validators, slots: runs ?? 3, warmUp: 1, slotSeconds: 2 },
      );
      series.push(...result.series);
      answers.push(result.answers);
    }
    return { series, answers };
  },
};
