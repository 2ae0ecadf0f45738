/**
 * Joins consensus instances in the vote journal, those of a short moment in one durable transaction: a slot can have a dozen.
 */
import type { DutyKey } from '../core/duty/duty.ts';
import { createBatch } from './batch.ts';
import type { Clock, VoteJournal } from './ports.ts';

/** Agreement waits for it: also in a burst, which a slot with many duties of single validators is, not for long. */
const batchOptions = { delayMs: 0, countMax: 500, burstFrom: 4, burstDelayMsMax: 10 };

export type Joined = 'fresh' | 'spoken';
export type JoinInstance = (duty: DutyKey) => Promise<Joined>;

interface Waiting {
  readonly duty: DutyKey;
  readonly settle: (joined: Joined) => void;
  readonly fail: (cause: unknown) => void;
}

/** Rejects where the journal could not be written: then nothing may be said. */
export const createJoinInstance = (clock: Clock, journal: VoteJournal): JoinInstance => {
  const join = (waiting: readonly Waiting[]): void => {
    try {
      const joined = journal.join(waiting.map(({ duty }) => duty));
      waiting.forEach(({ settle, fail }, at) => {
        const one = joined[at];
        if (one === undefined) fail(new Error('the vote journal gave no answer'));
        else settle(one);
      });
    } catch (cause) {
      for (const { fail } of waiting) fail(cause);
    }
  };
  const batch = createBatch(clock, batchOptions, join);
  return (duty) => new Promise((settle, fail) => batch.add({ duty, settle, fail }));
};
