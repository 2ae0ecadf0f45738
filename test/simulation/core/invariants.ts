/**
 * What must hold in every schedule, whatever the traitors and the network do.
 *
 * Agreement: no two honest operators decide differently, also before and after a crash. Validity: enough honest operators
 * would sign what is decided. Honesty: no honest operator says two things where it may say one. Proof: every certificate
 * convinces anybody. Bounds: nobody can make an operator keep more than a few messages per operator and round. Fairness: no
 * honest message is called a fault of its sender. Liveness: after healing, a round with a good leader decides for all.
 */
import type { OperatorId } from '../../../src/core/ids.ts';
import { leaderOf } from '../../../src/core/qbft/quorum.ts';
import type { Effect, Instance } from '../../../src/core/qbft/state.ts';
import { isWireError } from '../../../src/core/wire/errors.ts';
import type { QbftMessage } from '../../../src/core/wire/qbft-message.ts';
import type { SignedMessage } from '../../../src/core/wire/signed.ts';
import { type Forge, hashOf, numberOf, numberOfRoot } from './forge.ts';
import { cutOffRound, firstInvalidValue, type Plan, roundTicks } from './plan.ts';

type Decided = Extract<Effect, { readonly type: 'decided' }>;

export interface Watch {
  fail(why: string): void;
  violation(): string | null;
  said(operator: OperatorId, message: QbftMessage): void;
  decided(operator: OperatorId, decided: Decided): void;
  holds(operator: OperatorId, instance: Instance): void;
  /** Time is up and not all have decided. These operators were up and free to speak; haste had carried them to this round. */
  ended(speaking: readonly OperatorId[], roundAtHealing: number): void;
  decidedRound(): number;
}

/** Does the certificate prove the decision to somebody who knows only the committee? */
const proves = (plan: Plan, forge: Forge, certificate: SignedMessage, value: Uint8Array): boolean => {
  const message = forge.codec.open(certificate.message.data);
  if (isWireError(message)) return false;
  const signers = new Set(certificate.operators);
  return (
    message.type === 'commit' &&
    message.height === plan.height &&
    signers.size === certificate.operators.length &&
    signers.size >= plan.quorum &&
    certificate.operators.every((operator) => plan.committee.includes(operator)) &&
    forge.verify(certificate) &&
    certificate.fullData === value &&
    hashOf(value) === message.root
  );
};

/**
 * True where all speaking operators are bound to decide by the end: enough of them, no divided opinions, and a round after
 * healing that an honest one with a value leads, early enough. An operator that crashed may have lost its value.
 */
const owesDecision = (plan: Plan, speaking: readonly OperatorId[], roundAtHealing: number): boolean => {
  const honest = speaking.filter((operator) => !plan.traitors.has(operator));
  if (honest.length < plan.quorum) return false;
  if ([...plan.refusals.values()].some((refused) => refused >= 0)) return false;
  // In the round after the healing one all are together again, whatever they missed; the last round is cut off.
  const first = Math.max(Math.ceil(plan.healTick / roundTicks), roundAtHealing) + 2;
  for (let round = first; round < cutOffRound; round++) {
    const leader = leaderOf(plan.committee, plan.height, round);
    const value = plan.values.get(leader);
    if (
      honest.includes(leader) &&
      !plan.crashes.has(leader) &&
      value !== undefined &&
      value.atTick >= 0 &&
      value.atTick < (round - 1) * roundTicks
    ) {
      return true;
    }
  }
  return false;
};

export const createWatch = (plan: Plan, forge: Forge): Watch => {
  let violation: string | null = null;
  let first: { readonly operator: OperatorId; readonly value: Uint8Array; readonly round: number } | null =
    null;
  const deciders = new Set<OperatorId>();
  const spoken = new Map<string, Uint8Array>();
  const kept = plan.committee.length * (cutOffRound + 1);

  const fail = (why: string): void => {
    violation ??= why;
  };

  const judgeValue = (operator: OperatorId, value: Uint8Array): void => {
    const number = numberOf(value);
    const willing = [...plan.refusals.values()].filter((refused) => refused !== number).length;
    if (number < 0 || number >= firstInvalidValue || willing <= plan.faulty) {
      fail(`validity: ${operator} decides ${number}, which ${willing} honest operators would sign`);
    }
  };

  return {
    fail,
    violation: () => violation,
    said: (operator, message) => {
      const key = `${operator}/${message.type}/${message.round}`;
      const before = spoken.get(key);
      if (before !== undefined) {
        fail(
          `honesty: ${operator} says ${message.type} of round ${message.round} twice, ${numberOfRoot(before)} first`,
        );
      }
      spoken.set(key, message.root);
    },
    decided: (operator, { value, round, certificate }) => {
      deciders.add(operator);
      judgeValue(operator, value);
      if (!proves(plan, forge, certificate, value))
        fail(`proof: the certificate of ${operator} proves nothing`);
      if (first === null) first = { operator, value, round };
      else if (first.value !== value) {
        fail(
          `agreement: ${first.operator} decides ${numberOf(first.value)}, ${operator} decides ${numberOf(value)}`,
        );
      }
    },
    holds: (operator, instance) => {
      const { proposals, prepares, commits, roundChanges, aside } = instance;
      for (const list of [proposals, prepares, commits, roundChanges]) {
        if (list.length > kept) fail(`bounds: ${operator} keeps ${list.length} messages of a kind`);
      }
      if (aside.length > 3 * kept) fail(`bounds: ${operator} keeps ${aside.length} messages aside`);
    },
    ended: (speaking, roundAtHealing) => {
      if (!owesDecision(plan, speaking, roundAtHealing)) return;
      const late = speaking.filter((operator) => !plan.traitors.has(operator) && !deciders.has(operator));
      if (late.length > 0)
        fail(`liveness: ${late.join(', ')} never decided, healed at tick ${plan.healTick}`);
    },
    decidedRound: () => first?.round ?? 0,
  };
};
