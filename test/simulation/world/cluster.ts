/**
 * A cluster of operators' real workflows on a virtual clock and network, with their clients.
 *
 * Durable state (slashing protection, vote journal) outlives a crash; everything else is lost with it.
 */

import type { Strictness } from '../../../src/core/duty/value-check.ts';
import type { Network } from '../../../src/core/eth2/network.ts';
import type { Epoch, OperatorId, Root, ShareKey, ValidatorKey } from '../../../src/core/ids.ts';
import type { Committee, Registry, Validator } from '../../../src/core/registry/committee.ts';
import { committeeIdOf } from '../../../src/core/wire/message-id.ts';
import type { Clock, SlashingProtection } from '../../../src/workflow/ports.ts';
import type { ReportEvent } from '../../../src/workflow/report.ts';
import { createWorkflow, type Workflow, type WorkflowPorts } from '../../../src/workflow/workflow.ts';
import { createVirtualClock, type VirtualClock } from '../../fakes/clock.ts';
import { createFakeJournal } from '../../fakes/journal.ts';
import type { Random } from '../../fakes/random.ts';
import { createFakeKeys, createFakeSigner, type FakeSigner, fakeCombiner } from '../../fakes/signing.ts';
import { createModelSlashing } from '../../fakes/slashing.ts';
import { createNetwork, type SimNetwork } from './network.ts';

const hex = (byte: number, length: number): string =>
  `0x${byte.toString(16).padStart(2, '0').repeat(length)}`;
const keyOf = (kind: number, number: number): string =>
  `0x${kind.toString(16).padStart(2, '0')}${number.toString(16).padStart(94, '0')}`;

/** Twelve-second slots from time zero; all forks up to electra at genesis, so a vote has one signing root per validator. */
export const simNetworkOf = (electra: boolean): Network => ({
  name: 'simulated',
  preset: 'minimal',
  genesisTimeMs: 1_000_000_000_000,
  genesisValidatorsRoot: hex(0x11, 32) as Root,
  genesisForkVersion: '0x00000001',
  capellaForkVersion: '0x03000001',
  slotMs: 12_000,
  slotsPerEpoch: 8,
  forks: [
    { name: 'phase0', version: '0x00000001', epoch: 0 as Epoch },
    { name: 'altair', version: '0x01000001', epoch: 0 as Epoch },
    { name: 'bellatrix', version: '0x02000001', epoch: 0 as Epoch },
    { name: 'capella', version: '0x03000001', epoch: 0 as Epoch },
    ...(electra
      ? ([
          { name: 'deneb', version: '0x04000001', epoch: 0 as Epoch },
          { name: 'electra', version: '0x05000001', epoch: 0 as Epoch },
        ] as const)
      : []),
  ],
  due: { attestation: 3333, aggregate: 6667, syncMessage: 3333, contribution: 6667 },
  dueGloas: { attestation: 2500, aggregate: 5000, syncMessage: 2500, contribution: 5000 },
});

export const createRegistry = (n: number, validatorCount: number): Registry => {
  const operators = Array.from({ length: n }, (_, at) => (at + 1) as OperatorId);
  const faulty = Math.floor((n - 1) / 3);
  const committee: Committee = { id: committeeIdOf(operators), operators, faulty, quorum: 2 * faulty + 1 };
  const validators = Array.from(
    { length: validatorCount },
    (_, at): Validator => ({
      key: keyOf(0x80, at + 1) as ValidatorKey,
      number: at + 1,
      committee: committee.id,
      shares: new Map(operators.map((operator) => [operator, keyOf(0x90 + operator, at + 1) as ShareKey])),
      policy: { feeRecipient: null, gasLimit: null },
    }),
  );
  return {
    operators: new Map(operators.map((id) => [id, { id, publicKeyPem: '', addresses: [] }])),
    committees: new Map([[committee.id, committee]]),
    validators: new Map(validators.map((validator) => [validator.key, validator])),
    byNumber: new Map(validators.map((validator) => [validator.number, validator])),
  };
};

export interface Member {
  readonly id: OperatorId;
  readonly signer: FakeSigner;
  readonly slashing: SlashingProtection;
  readonly trace: ReportEvent[];
  workflow: Workflow | null;
}

export interface Cluster {
  readonly clock: VirtualClock;
  readonly network: SimNetwork;
  readonly eth2: Network;
  readonly registry: Registry;
  readonly members: readonly Member[];
  start(member: Member): void;
  /** Loses everything that is not durable. */
  crash(member: Member): void;
  /** Told every event of every member. */
  watch(watcher: (member: Member, event: ReportEvent) => void): void;
}

export interface ClusterOptions {
  readonly n: number;
  readonly validators: number;
  readonly random: Random;
  readonly electra?: boolean;
  readonly strictness?: Strictness;
  readonly signDelayMs?: number;
  /** How far an operator's clock is ahead. ms */
  readonly skewMs?: (operator: OperatorId) => number;
  /** Other ports of one member, asked at each of its starts. */
  readonly more?: (member: Member, base: WorkflowPorts) => Partial<WorkflowPorts>;
}

const skewed = (clock: VirtualClock, skewMs: number): Clock => ({
  now: () => clock.now() + skewMs,
  at: (atMs, task) => clock.at(atMs - skewMs, task),
});

export const createCluster = (options: ClusterOptions): Cluster => {
  const eth2 = simNetworkOf(options.electra ?? true);
  // Far enough from genesis that sources and targets of the recent past exist.
  const clock = createVirtualClock(eth2.genesisTimeMs + 800 * eth2.slotMs);
  const registry = createRegistry(options.n, options.validators);
  const operators = [...registry.operators.keys()];
  const network = createNetwork(clock, options.random, operators);
  const watchers: ((member: Member, event: ReportEvent) => void)[] = [];
  const signDelay = (): Promise<void> =>
    new Promise((resolve) => clock.at(clock.now() + (options.signDelayMs ?? 1), () => resolve()));
  const lives = new Map<OperatorId, { isOver: boolean }>();
  const journals = new Map(operators.map((id) => [id, createFakeJournal()]));
  const members = operators.map((id): Member => {
    const shares = [...registry.validators.values()].map((validator) => validator.shares.get(id) as ShareKey);
    return {
      id,
      signer: createFakeSigner(shares, signDelay),
      slashing: createModelSlashing(),
      trace: [],
      workflow: null,
    };
  });
  return {
    clock,
    network,
    eth2,
    registry,
    members,
    watch: (watcher) => watchers.push(watcher),
    start: (member) => {
      network.restore(member.id);
      const journal = journals.get(member.id);
      if (journal === undefined) throw new Error('a member of another cluster');
      const life = { isOver: false };
      lives.set(member.id, life);
      const gossip = network.gossipOf(member.id);
      const report = (event: ReportEvent): void => {
        if (life.isOver) return;
        member.trace.push(event);
        for (const watcher of watchers) watcher(member, event);
      };
      const base: WorkflowPorts = {
        network: eth2,
        registry,
        strictness: options.strictness ?? 'strict',
        timeoutMs: () => 9000,
        clock: skewed(clock, options.skewMs?.(member.id) ?? 0),
        // What a crashed process still had in hand is never heard.
        gossip: {
          ...gossip,
          publish: (committee, message) => life.isOver || gossip.publish(committee, message),
        },
        peers: network.peersOf(member.id),
        keys: createFakeKeys(member.id),
        signer: member.signer,
        slashing: member.slashing,
        journal: journal.open(),
        combiner: fakeCombiner,
        report,
      };
      member.workflow = createWorkflow({ ...base, ...options.more?.(member, base) });
    },
    crash: (member) => {
      const life = lives.get(member.id);
      if (life !== undefined) life.isOver = true;
      member.workflow?.stop();
      member.workflow = null;
      network.crash(member.id);
    },
  };
};
