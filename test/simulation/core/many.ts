/**
 * Many schedules in a row, counted.
 */
import { cutOffRound } from './plan.ts';
import { type Outcome, runSchedule } from './world.ts';

export interface Tally {
  readonly schedules: number;
  readonly deliveries: number;
  readonly violations: number;
  /** The first few. */
  readonly failures: readonly Outcome[];
  /** Schedules by the round of their first decision; index 0: undecided. */
  readonly rounds: readonly number[];
}

const failuresShown = 5;

/** Small committees are cheap and find most; larger ones have room for several traitors. */
export const nodesOf = (seed: number): number => [4, 4, 4, 7, 4, 4, 10, 4, 7, 13][seed % 10] ?? 4;

export const runMany = (seed: number, schedules: number, nodes: number | null): Tally => {
  const failures: Outcome[] = [];
  const rounds = new Array<number>(cutOffRound + 1).fill(0);
  let deliveries = 0;
  let violations = 0;
  for (let at = 0; at < schedules; at++) {
    const outcome = runSchedule(seed + at, nodes ?? nodesOf(seed + at));
    deliveries += outcome.deliveries;
    rounds[outcome.decidedRound] = (rounds[outcome.decidedRound] ?? 0) + 1;
    if (outcome.violation === null) continue;
    violations += 1;
    if (failures.length < failuresShown) failures.push(outcome);
  }
  return { schedules, deliveries, violations, failures, rounds };
};
