/**
 * When a round of one duty is given up: the absolute deadline, and sooner where its leader gives no sign of life.
 *
 * Absolute deadlines keep operators together whatever time their clients ask (brands differ by up to four seconds). They are
 * long, so a leader that is known to be gone, or that leaves a value of our client unanswered, is not waited for: as soon as
 * f + 1 operators move on, the rest follow (core/qbft), and the leader's loss costs milliseconds.
 */
import type { Clock } from './ports.ts';

/** A round lasts at least this long after it began here, however late the duty started. ms */
const roundMsMin = 1500;
/** A connected leader gets this long to answer a value of our client with a proposal, more in later rounds. ms */
const silentMs = 500;
/** A leader whose connection is gone gets this long: it may be reconnecting. ms */
const goneMs = 20;

export interface RoundClock {
  /** A new round began; `deadlineMs` is its absolute end. */
  begin(round: number, deadlineMs: number): void;
  /** There is something to propose, so a leader's silence means something from now on. Also call when a leader is lost. */
  expect(leaderIsConnected: boolean): void;
  stop(): void;
}

export const createRoundClock = (
  clock: Clock,
  giveUp: (round: number, why: 'deadline' | 'silence') => void,
): RoundClock => {
  let round = 0;
  let cancelHard: (() => void) | null = null;
  let cancelSoft: (() => void) | null = null;
  let softAtMs = Number.POSITIVE_INFINITY;

  const stop = (): void => {
    cancelHard?.();
    cancelSoft?.();
    cancelHard = null;
    cancelSoft = null;
    softAtMs = Number.POSITIVE_INFINITY;
  };
  return {
    begin: (next, deadlineMs) => {
      stop();
      round = next;
      cancelHard = clock.at(Math.max(deadlineMs, clock.now() + roundMsMin), () => giveUp(next, 'deadline'));
    },
    expect: (leaderIsConnected) => {
      if (round === 0) return;
      const atMs = clock.now() + (leaderIsConnected ? silentMs * Math.min(round, 4) : goneMs);
      // Only ever sooner: asking again must not prolong a dead leader's time.
      if (atMs >= softAtMs) return;
      cancelSoft?.();
      softAtMs = atMs;
      const mine = round;
      cancelSoft = clock.at(atMs, () => giveUp(mine, 'silence'));
    },
    stop,
  };
};
