/**
 * Steady state: 32 slots in which 1000 validators attest, each once, spread evenly, asked by all four clients at the start of each
 * slot. And, where it is named, as many slots as an hour has, for what memory does meanwhile. Slots are shorter than on a chain,
 * so that idle work between them counts less than it would there.
 */
import { createClients } from '../cluster/clients.ts';
import { layOut } from '../cluster/lay-out.ts';
import { startNodes } from '../cluster/nodes.ts';
import { attestations, nextSlot } from '../cluster/slots.ts';
import { cpuMs, residentMb } from '../cluster/usage.ts';
import type { Series } from '../figures.ts';
import type { BenchCase, CaseRun } from '../harness.ts';

interface Plan {
  readonly name: string;
  readonly validators: number;
  readonly slots: number;
  readonly slotSeconds: number;
  readonly preset: 'minimal' | 'mainnet';
}

const operatorCount = 4;
const warmUp = 4;

const runSteady = async (plan: Plan, say: (text: string) => void): Promise<CaseRun> => {
  const { name, validators, slots, slotSeconds, preset } = plan;
  await using cluster = await layOut({ operators: operatorCount, validators, slotSeconds, preset });
  const { network } = cluster;
  await using operators = await startNodes(cluster);
  await using clients = createClients(cluster);
  const { slotsPerEpoch } = network;
  const [answerMs, cpu]: [number[], number[]] = [[], []];
  let memoryBefore: readonly number[] = [];
  let cpuBefore = 0;
  for (let at = 0; at < slots + warmUp; at++) {
    const slot = await nextSlot(network);
    if (at === warmUp) memoryBefore = await residentMb(operators.pids());
    const cpuNow = await cpuMs(operators.pids());
    // Of whole slots, upkeep included.
    if (at > warmUp) cpu.push(cpuNow - cpuBefore);
    cpuBefore = cpuNow;
    // Which slot of its epoch a validator votes in never changes here, so none is asked for two votes in one.
    const share = cluster.validators.filter((_, index) => index % slotsPerEpoch === slot % slotsPerEpoch);
    const { timesMs } = await clients.ask(cluster.operators, attestations(network, slot, share));
    if (at % 25 === 0) say(`slot ${at} of ${slots + warmUp}`);
    if (at >= warmUp) answerMs.push(...timesMs);
  }
  const memoryAfter = await residentMb(operators.pids());
  const parameters = { operators: operatorCount, validators, slots, 'slot s': slotSeconds };
  const common = { name, parameters, floor: null, target: null } as const;
  const series: readonly Series[] = [
    { ...common, figure: 'attestation, answer', unit: 'ms', samples: answerMs, floor: 'http' },
    { ...common, figure: 'CPU of all operators in a slot', unit: 'ms', samples: cpu },
    { ...common, figure: 'resident memory of a node at the start', unit: 'MB', samples: memoryBefore },
    { ...common, figure: 'resident memory of a node at the end', unit: 'MB', samples: memoryAfter },
  ];
  return { series, answers: [clients.answers(name, parameters)] };
};

export const steadyCase: BenchCase = {
  type: 'nodes',
  name: 'steady',
  about: '32 slots, 1000 validators spread over them, four operators',
  isLong: false,
  run: ({ short, runs }, say) =>
    runSteady(
      short
        ? { name: 'steady', validators: 16, slots: 2, slotSeconds: 1, preset: 'minimal' }
        : { name: 'steady', validators: 1000, slots: runs ?? 32, slotSeconds: 2, preset: 'mainnet' },
      say,
    ),
};

export const hourCase: BenchCase = {
  type: 'nodes',
  name: 'hour',
  about: 'memory after the 300 slots of an hour, 1000 validators spread over each 32',
  isLong: true,
  run: ({ short, runs }, say) =>
    runSteady(
      short
        ? { name: 'hour', validators: 16, slots: 2, slotSeconds: 1, preset: 'minimal' }
        : { name: 'hour', validators: 1000, slots: runs ?? 300, slotSeconds: 1, preset: 'mainnet' },
      say,
    ),
};
