/**
 * The gate before every slashable signature: closed until this node has caught up, for good once a twin was seen.
 *
 * A request that comes a moment too early waits for the catching up, as long as its duty is of use; the floor is looked at
 * last. What is not slashable passes, except after `halt`: two nodes with one operator's shares must not both go on.
 */

import type { Signable } from '../../core/eth2/signable.ts';
import type { Floor } from '../../core/history/caught-up.ts';
import type { CommitteeId } from '../../core/ids.ts';
import type { Clock } from '../ports.ts';

/** Longest wait for catching up. ms */
const waitMsMax = 4000;

export interface SigningGate {
  /** null: may be signed. Otherwise why not, as a sentence. */
  permit(committee: CommitteeId, signable: Signable, endMs: number): Promise<string | null>;
}

export interface ControlledGate extends SigningGate {
  /** null: caught up. Otherwise why not yet. */
  set(committee: CommitteeId, closed: string | null): void;
  setFloor(floor: Floor): void;
  /** Nothing is signed from now on. The first reason stays. */
  halt(why: string): void;
  halted(): string | null;
}

export const openGate: SigningGate = { permit: async () => null };

export const createGate = (clock: Clock): ControlledGate => {
  const closed = new Map<CommitteeId, string | null>();
  const waiting = new Map<CommitteeId, Set<() => void>>();
  let floor: Floor | null = null;
  let halt: string | null = null;

  const whyClosed = (committee: CommitteeId): string | null => {
    const why = closed.get(committee);
    return why === undefined ? 'this node has not begun to catch up with the other operators' : why;
  };
  const belowFloor = (signable: Signable): string | null => {
    if (floor === null) return null;
    const until = `this node lost its history and signs nothing up to epoch ${floor.epoch}, slot ${floor.slot}`;
    if (signable.type === 'attestation') return signable.vote.target.epoch <= floor.epoch ? until : null;
    return signable.type === 'block' && signable.slot <= floor.slot ? until : null;
  };
  const opened = (committee: CommitteeId, endMs: number): Promise<void> =>
    new Promise((resolve) => {
      const all = waiting.get(committee) ?? new Set();
      waiting.set(committee, all);
      const done = (): void => {
        cancel();
        all.delete(done);
        resolve();
      };
      const cancel = clock.at(Math.min(endMs, clock.now() + waitMsMax), done);
      all.add(done);
    });
  const wake = (committees: Iterable<CommitteeId>): void => {
    for (const committee of committees) for (const done of [...(waiting.get(committee) ?? [])]) done();
  };

  return {
    permit: async (committee, signable, endMs) => {
      if (halt !== null) return halt;
      if (signable.type !== 'attestation' && signable.type !== 'block') return null;
      if (whyClosed(committee) !== null) await opened(committee, endMs);
      return halt ?? whyClosed(committee) ?? belowFloor(signable);
    },
    set: (committee, why) => {
      closed.set(committee, why);
      if (why === null) wake([committee]);
    },
    setFloor: (next) => {
      floor =
        floor === null
          ? next
          : {
              epoch: Math.max(floor.epoch, next.epoch) as Floor['epoch'],
              slot: Math.max(floor.slot, next.slot) as Floor['slot'],
            };
    },
    halt: (why) => {
      halt ??= why;
      wake(waiting.keys());
    },
    halted: () => halt,
  };
};
