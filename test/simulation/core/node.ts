/**
 * The operators of one schedule.
 */
import type { OperatorId } from '../../../src/core/ids.ts';
import type { QbftConfig } from '../../../src/core/qbft/config.ts';
import { leaderOf } from '../../../src/core/qbft/quorum.ts';
import { createInstance, type Instance } from '../../../src/core/qbft/state.ts';
import { type Forge, identifier, numberOf } from './forge.ts';
import { cutOffRound, firstInvalidValue, type Plan } from './plan.ts';

export interface Node {
  readonly config: QbftConfig;
  readonly isTraitor: boolean;
  instance: Instance;
  isUp: boolean;
  /** Survives a crash: whether it ever spoke in this instance, and if it lost its state since. */
  hasSpoken: boolean;
  isSilent: boolean;
}

const createConfig = (plan: Plan, forge: Forge, self: OperatorId): QbftConfig => ({
  committee: plan.committee,
  self,
  identifier,
  height: plan.height,
  quorum: plan.quorum,
  faulty: plan.faulty,
  leader: (round) => leaderOf(plan.committee, plan.height, round),
  cutOffRound,
  verify: forge.verify,
  accepts: (value) => {
    const number = numberOf(value);
    return number >= 0 && number < firstInvalidValue && number !== plan.refusals.get(self);
  },
  codec: forge.codec,
});

export const createNodes = (plan: Plan, forge: Forge): readonly Node[] =>
  plan.committee.map((self) => ({
    config: createConfig(plan, forge, self),
    isTraitor: plan.traitors.has(self),
    instance: createInstance(),
    isUp: true,
    hasSpoken: false,
    isSilent: false,
  }));
