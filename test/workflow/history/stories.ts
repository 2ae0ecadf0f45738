/**
 * What stories of forgetful nodes are made of: clients that ask, and what a node would say to a vote.
 */
import type { Signable } from '../../../src/core/eth2/signable.ts';
import { epochOf, slotAt, slotStartMs, startSlotOf } from '../../../src/core/eth2/slots.ts';
import type { Epoch, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import type { SlashingVerdict } from '../../../src/core/slashing/item.ts';
import type { SignOutcome } from '../../../src/workflow/outcome.ts';
import type { Member } from '../../simulation/world/cluster.ts';
import { requestOf, rootOf } from '../../simulation/world/requests.ts';
import {
  createRememberingCluster,
  type RememberingCluster,
  type RememberingOptions,
} from './remembering-cluster.ts';

export const ask = (
  world: RememberingCluster,
  operator: number,
  atMs: number,
  key: ValidatorKey,
  signable: Signable,
): { outcome: SignOutcome | null } => {
  const { cluster } = world;
  const answer: { outcome: SignOutcome | null } = { outcome: null };
  cluster.clock.at(atMs, () => {
    const member = cluster.members[operator - 1] as Member;
    void member.workflow
      ?.sign(key, requestOf(cluster.eth2, signable), new AbortController().signal)
      .then((outcome) => {
        answer.outcome = outcome;
      });
  });
  return answer;
};

/** All of these operators' clients ask for the same data; runs until they are answered. */
export const signTogether = async (
  world: RememberingCluster,
  slot: Slot,
  operators: readonly number[],
  key: ValidatorKey,
  signable: Signable,
): Promise<readonly (string | undefined)[]> => {
  const atMs = slotStartMs(world.cluster.eth2, slot) + 4000;
  const answers = operators.map((operator) => ask(world, operator, atMs, key, signable));
  await world.cluster.clock.runUntil(atMs + 7000);
  return answers.map(({ outcome }) => outcome?.type);
};

export const setUp = async (options: RememberingOptions = {}) => {
  const world = createRememberingCluster(options);
  const { cluster } = world;
  for (const member of cluster.members) world.start(member.id);
  await cluster.clock.runUntil(cluster.clock.now() + 1000);
  const keys = [...cluster.registry.validators.keys()] as [ValidatorKey, ValidatorKey];
  return {
    world,
    cluster,
    keys,
    eth2: cluster.eth2,
    slotNow: () => slotAt(cluster.eth2, cluster.clock.now()),
  };
};

export const verdictOn = (
  world: RememberingCluster,
  operator: number,
  key: ValidatorKey,
  source: number,
  target: number,
): SlashingVerdict | undefined =>
  world.lifeOf(operator).slashing.judge([
    {
      type: 'attestation',
      key,
      source: source as Epoch,
      target: target as Epoch,
      signingRoot: rootOf(424242),
    },
  ])[0];

export const ruleOf = (verdict: SlashingVerdict | undefined): string | undefined =>
  verdict?.type === 'slashable' ? verdict.rule : verdict?.type;
export const standingOf = (world: RememberingCluster, operator: number): string | undefined =>
  world.lifeOf(operator).catchUp.status()[0]?.standing.type;
export const firstSlot = (world: RememberingCluster, epoch: number): Slot =>
  startSlotOf(world.cluster.eth2, epoch as Epoch);
export const nextEpoch = (world: RememberingCluster, slot: Slot): number =>
  epochOf(world.cluster.eth2, slot) + 1;
