/**
 * Round timers: absolute deadlines, counted from the duty's due time in the slot.
 *
 * Every operator's timer of a round ends at the same time whenever its own client asked, so operators whose clients ask
 * seconds apart still change rounds together, and no round is spent on waiting for messages to synchronise them. An operator
 * that starts late finds the first deadlines in the past and is carried into the current round at once.
 *
 * Rounds last 2 s, as in SSV: a round takes three message delays, well below 1 s between continents. SSV's rounds after the
 * eighth last 2 minutes, which is past the use of any duty; here they last 6 s, for the peers that come back late.
 * Blocks and contributions are worth nothing after their slot: they have fewer rounds.
 *
 * A deadline is when to give up at the latest. The caller may give a round up sooner, where it knows that the leader is gone
 * or leaves a value unanswered: the core takes a round's timeout at any time, and f + 1 operators carry the rest along.
 */
import type { DecidedRole } from '../duty/duty.ts';

export const roundMs = 2000;
const lateRoundMs = 6000;
const quickRounds = 8;

/**
 * When a round ends, in Unix ms. `dueMs` is when the duty's data is due: for a block the start of its slot, as its client
 * asks as soon as it has built one; for the others a third or two thirds into the slot.
 */
export const roundDeadlineMs = (dueMs: number, round: number): number =>
  dueMs + roundMs * Math.min(round, quickRounds) + lateRoundMs * Math.max(0, round - quickRounds);

/** The round from which an instance takes no more messages, by role: as the spec's limits on rounds. */
export const cutOffRoundOf = (role: DecidedRole): number => {
  switch (role) {
    case 'attestation':
    case 'aggregate':
    case 'sync-message':
      return 12;
    case 'block':
    case 'contribution':
      return 6;
  }
};
