/**
 * Many schedules in a row, counted.
 */
import { cutOffRound } from './plan.ts';
import { type Outcome, runSchedule } from './world.ts';

export interface Tally {
  /** Played; fewer than asked for after failures. */
  readonly schedules: number;
  readonly deliveries: number;
  /** At most a few: then the run stops. */
  readonly failures: readonly Outcome[];
  /** Schedules by the round of their first decision; index 0: undecided. */
  readonly rounds: readonly number[];
}

/** Enough to see what is wrong; further schedules would tell the same. */
const failuresMax = 5;

/** Small committees are cheap and find most; larger ones have room for several traitors. */
export const nodesOf = (seed: number): number => [4, 4, 4, 7, 4, 4, 10, 4, 7, 13][seed % 10] ?? 4;

export const runMany = (seed: number, schedules: number, nodes: number | null): Tally => {
  const failures: Outcome[] = [];
  const rounds = new Array<number>(cutOffRound + 1).fill(0);
  let deliveries = 0;
  let played = 0;
  while (played < schedules && failures.length < failuresMax) {
    const outcome = runSchedule(seed + played, nodes ?? nodesOf(seed + played));
    played += 1;
    deliveries += outcome.deliveries;
    rounds[outcome.decidedRound] = (rounds[outcome.decidedRound] ?? 0) + 1;
    if (outcome.violation !== null) failures.push(outcome);
  }
  return { schedules: played, deliveries, failures, rounds };
};
