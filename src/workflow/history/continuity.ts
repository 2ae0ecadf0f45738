/**
 * How a node knows at a start whether its slashing database goes on where it stopped: the seams, and the mark that is kept.
 *
 * The mark is renewed in every slot in which all that this node signs for has caught up, and taken back before anything is
 * folded that would make a forgetful database look like one that remembers. So a node that stops in the middle of catching up
 * begins anew, with whatever floor that gives it.
 */
import type { Network } from '../../core/eth2/network.ts';
import { slotAt } from '../../core/eth2/slots.ts';
import type { Floor, Mark } from '../../core/history/caught-up.ts';
import type { Epoch, Slot, ValidatorKey } from '../../core/ids.ts';
import type { Clock } from '../ports.ts';
import type { Report } from '../report.ts';

/** What a node writes down for its next start, beside and not inside its slashing database. Synchronous. */
export interface Continuity {
  mark(): Mark | null;
  /** null takes it back, durable on return. */
  setMark(mark: Mark | null): void;
  /** The highest floor of each validator that has one of its own. */
  validatorFloors(): ReadonlyMap<ValidatorKey, Floor>;
  /** Durable on return. */
  raiseFloors(validators: readonly ValidatorKey[], floor: Floor): void;
}

/** What slashing protection remembers. */
export interface SlashingMemory {
  /** The target of the newest vote, null for none. */
  newestTarget(): Epoch | null;
  /** The newest slot in whose consensus this operator has spoken. */
  spoken(): Slot | null;
  /** The keys of which it holds a vote or a block. */
  remembered(): ReadonlySet<string>;
}

export interface MarkPorts {
  readonly network: Network;
  readonly clock: Clock;
  readonly continuity: Continuity;
  readonly slashing: Pick<SlashingMemory, 'spoken'>;
  readonly report: Report;
}

/** Renews the mark from now on, in every slot while `isWhole`, and whenever it is called. */
export const keepMark = (ports: MarkPorts, isWhole: () => boolean, stop: AbortSignal): (() => void) => {
  const { network, clock, continuity, slashing, report } = ports;
  const renew = (): void => {
    if (stop.aborted || !isWhole()) return;
    try {
      continuity.setMark({ slot: slotAt(network, clock.now()), spoken: slashing.spoken() });
    } catch (cause) {
      report({ type: 'fault', where: 'mark that this node has caught up', why: String(cause) });
    }
  };
  const tick = (): void => {
    if (stop.aborted) return;
    renew();
    clock.at(clock.now() + network.slotMs, tick);
  };
  clock.at(clock.now() + network.slotMs, tick);
  return renew;
};
