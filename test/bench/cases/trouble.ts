/**
 * What trouble costs an attestation, with four operators: one of them dead for good, the client of one silent for good, and the
 * leader of the very slot in trouble (killed just before, its client silent, or hanging with its connections open, which is what a
 * partition looks like). Times are from the first request to the last answer of the clients that asked.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { OperatorId, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { leaderOf } from '../../../src/core/qbft/quorum.ts';
import { createClients } from '../cluster/clients.ts';
import { layOut } from '../cluster/lay-out.ts';
import { startNodes } from '../cluster/nodes.ts';
import { attestations } from '../cluster/slots.ts';
import type { BenchCase, CaseRun } from '../harness.ts';

const troubles = [
  'healthy',
  'leader killed',
  "leader's client silent",
  'leader hangs',
  "one operator's client silent",
  'one operator dead',
] as const;
type Trouble = (typeof troubles)[number];

const operatorCount = 4;
const warmUp = 3;
/** The one that is in trouble where it is not the leader's turn. */
const unlucky = 4 as OperatorId;

type Cluster = Awaited<ReturnType<typeof layOut>>;
type Operators = Awaited<ReturnType<typeof startNodes>>;

const before = async (trouble: Trouble, operators: Operators, leader: OperatorId): Promise<void> => {
  if (trouble === 'leader killed') await operators.kill(leader);
  if (trouble === 'leader hangs') operators.signal(leader, 'SIGSTOP');
};

const after = async (trouble: Trouble, operators: Operators, leader: OperatorId): Promise<void> => {
  if (trouble === 'leader killed') await operators.restart(leader);
  if (trouble !== 'leader hangs') return;
  operators.signal(leader, 'SIGCONT');
  // It has a slot's messages to read.
  await sleep(1000);
};

const silentOf = (trouble: Trouble, leader: OperatorId): OperatorId | null => {
  switch (trouble) {
    case 'healthy':
      return null;
    case 'leader killed':
    case "leader's client silent":
    case 'leader hangs':
      return leader;
    case "one operator's client silent":
    case 'one operator dead':
      return unlucky;
  }
};

/** One slot with this trouble. ms; null where a signature is missing. */
const sampleOf = async (
  trouble: Trouble,
  cluster: Cluster,
  operators: Operators,
  clients: ReturnType<typeof createClients>,
): Promise<number | null> => {
  const { network } = cluster;
  const slot = (slotAt(network, Date.now()) + 2) as Slot;
  const leader = leaderOf(cluster.operators as readonly OperatorId[], slot, 1);
  await sleep(Math.max(0, slotStartMs(network, slot) - 300 - Date.now()));
  await before(trouble, operators, leader);
  await sleep(Math.max(0, slotStartMs(network, slot) - Date.now()));
  const silent = silentOf(trouble, leader);
  const asking = cluster.operators.filter((id) => id !== silent);
  const validator = cluster.validators[slot % cluster.validators.length] as ValidatorKey;
  const { timesMs, missing } = await clients.ask(asking, attestations(network, slot, [validator]));
  await after(trouble, operators, leader);
  return missing > 0 ? null : Math.max(...timesMs);
};

export const troubleCase: BenchCase = {
  type: 'nodes',
  name: 'trouble',
  about: 'an attestation with an operator dead, a client silent, a leader killed or hanging; four operators',
  isLong: false,
  async run({ short, runs }, say): Promise<CaseRun> {
    const chosen = short ? (['healthy', 'one operator dead'] as const) : troubles;
    // A slot of each leader where the trouble is not the leader's.
    const samples = short ? 1 : (runs ?? 8);
    await using cluster = await layOut({ operators: operatorCount, validators: 16 });
    await using operators = await startNodes(cluster);
    await using clients = createClients(cluster);
    for (let at = 0; at < (short ? 1 : warmUp); at++) await sampleOf('healthy', cluster, operators, clients);
    const series = [];
    for (const trouble of chosen) {
      say(trouble);
      if (trouble === 'one operator dead') await operators.kill(unlucky);
      const times: number[] = [];
      for (let at = 0; at < samples; at++) {
        const tookMs = await sampleOf(trouble, cluster, operators, clients);
        if (tookMs !== null) times.push(tookMs);
      }
      const common = { name: 'trouble', unit: 'ms', floor: null, target: null } as const;
      series.push({ ...common, figure: 'attestation', parameters: { trouble }, samples: times });
    }
    return { series, answers: [clients.answers('trouble', { operators: operatorCount })] };
  },
};
