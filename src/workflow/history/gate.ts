/**
 * The gate before every slashable signature: closed until this node has caught up, for good once a twin was seen.
 *
 * Closed for a committee as a whole, and for single validators that came later. A request that comes a moment too early waits
 * for the catching up, as long as its duty is of use; the floor is looked at last. What is not slashable passes, except after
 * `halt`: two nodes with one operator's shares must not both go on.
 */

import type { Signable } from '../../core/eth2/signable.ts';
import type { Floor } from '../../core/history/caught-up.ts';
import type { CommitteeId, ValidatorKey } from '../../core/ids.ts';
import type { Validator } from '../../core/registry/committee.ts';
import type { Clock } from '../ports.ts';

/** Longest wait for catching up. ms */
const waitMsMax = 4000;

export type Guarded = Pick<Validator, 'key' | 'committee'>;

export interface SigningGate {
  /** null: may be signed. Otherwise why not, as a sentence. */
  permit(validator: Guarded, signable: Signable, endMs: number): Promise<string | null>;
}

export interface ControlledGate extends SigningGate {
  /** null: caught up. Otherwise why not yet. A validator may sign where both its committee and itself are open. */
  setCommittee(committee: CommitteeId, closed: string | null): void;
  setValidators(committee: CommitteeId, validators: readonly ValidatorKey[], closed: string | null): void;
  /** Of all validators, or of one. */
  setFloor(floor: Floor, validator?: ValidatorKey): void;
  /** Nothing is signed from now on. The first reason stays. */
  halt(why: string): void;
  halted(): string | null;
}

export const openGate: SigningGate = { permit: async () => null };

const everyone = 'everyone';
const notBegun = 'this node has not begun to catch up with the other operators';

export const createGate = (clock: Clock): ControlledGate => {
  const committees = new Map<CommitteeId, string | null>();
  const validators = new Map<CommitteeId, Map<ValidatorKey, string | null>>();
  const floors = new Map<ValidatorKey | typeof everyone, Floor>();
  const waiting = new Set<() => void>();
  let halt: string | null = null;

  // What nobody has spoken of yet is closed.
  const whyClosed = ({ committee, key }: Guarded): string | null => {
    for (const why of [committees.get(committee), validators.get(committee)?.get(key)])
      if (why !== null) return why ?? notBegun;
    return null;
  };
  const belowFloor = (floor: Floor | undefined, signable: Signable): string | null => {
    if (floor === undefined) return null;
    const until = `this node lost its history and signs nothing up to epoch ${floor.epoch}, slot ${floor.slot}`;
    if (signable.type === 'attestation') return signable.vote.target.epoch <= floor.epoch ? until : null;
    return signable.type === 'block' && signable.slot <= floor.slot ? until : null;
  };
  const whyNot = (validator: Guarded, signable: Signable): string | null =>
    halt ??
    whyClosed(validator) ??
    belowFloor(floors.get(everyone), signable) ??
    belowFloor(floors.get(validator.key), signable);

  const changed = (untilMs: number): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        cancel();
        waiting.delete(done);
        resolve();
      };
      const cancel = clock.at(untilMs, done);
      waiting.add(done);
    });
  const wake = (): void => {
    for (const done of [...waiting]) done();
  };

  return {
    permit: async (validator, signable, endMs) => {
      if (halt !== null) return halt;
      if (signable.type !== 'attestation' && signable.type !== 'block') return null;
      const untilMs = Math.min(endMs, clock.now() + waitMsMax);
      while (halt === null && whyClosed(validator) !== null && clock.now() < untilMs) await changed(untilMs);
      return whyNot(validator, signable);
    },
    setCommittee: (committee, why) => {
      committees.set(committee, why);
      if (why === null) wake();
    },
    setValidators: (committee, keys, why) => {
      const known = validators.get(committee) ?? new Map<ValidatorKey, string | null>();
      validators.set(committee, known);
      for (const key of keys) known.set(key, why);
      if (why === null) wake();
    },
    setFloor: (next, validator = undefined) => {
      const known = floors.get(validator ?? everyone) ?? next;
      floors.set(validator ?? everyone, {
        epoch: Math.max(known.epoch, next.epoch) as Floor['epoch'],
        slot: Math.max(known.slot, next.slot) as Floor['slot'],
      });
    },
    halt: (why) => {
      halt ??= why;
      wake();
    },
    halted: () => halt,
  };
};
