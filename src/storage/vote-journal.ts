/**
 * The consensus instances in which this operator has spoken (ports.VoteJournal).
 *
 * One row per instance, those of one call in one transaction, durable before the first message of the instance leaves: after a crash the operator listens only, in
 * the instances of that time. Pruning keeps a floor below which every instance counts as spoken.
 */
import type { DutyKey } from '../core/duty/duty.ts';
import type { Slot } from '../core/ids.ts';
import type { VoteJournal } from '../workflow/ports.ts';
import { blobOf } from './blob.ts';
import type { Database } from './database.ts';

export interface StoredVoteJournal extends VoteJournal {
  /** Forgets the instances before `slot`; from then on they answer `spoken`. Returns how many went. */
  prune(slot: Slot): number;
}

export const createVoteJournal = (database: Database): StoredVoteJournal => {
  const { sql } = database;
  const floor = sql.prepare('SELECT slot FROM journal_floor');
  const raiseFloor = sql.prepare('UPDATE journal_floor SET slot = max(slot, ?)');
  const remove = sql.prepare('DELETE FROM journal WHERE slot < ?');
  const add = sql.prepare(
    'INSERT OR IGNORE INTO journal (committee, slot, role, validator, subcommittee) VALUES (?, ?, ?, ?, ?)',
  );
  const isNews = (duty: DutyKey): boolean => {
    const validator = duty.validator === null ? new Uint8Array(0) : blobOf(duty.validator, 48);
    const subcommittee = BigInt(duty.subcommittee);
    return (
      add.run(blobOf(duty.committee, 32), BigInt(duty.slot), duty.role, validator, subcommittee).changes !== 0
    );
  };
  return {
    join: (duties) =>
      database.transaction(() => {
        const lowest = Number(floor.get()?.slot);
        return duties.map((duty) => (duty.slot >= lowest && isNews(duty) ? 'fresh' : 'spoken'));
      }),
    prune: (slot) =>
      database.transaction(() => {
        raiseFloor.run(BigInt(slot));
        return Number(remove.run(BigInt(slot)).changes);
      }),
  };
};
