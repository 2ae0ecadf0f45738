/**
 * What a node tells its next start (workflow/history/continuity.ts, Continuity), in the file of the decided history.
 *
 * Not in the slashing database, so that a copy of that one which is put back does not bring its own mark along. A file that is
 * begun anew has no mark, and the node then takes its slashing database for an old one.
 */
import { toHex } from '../../core/bytes.ts';
import type { Epoch, Slot, ValidatorKey } from '../../core/ids.ts';
import type { Continuity } from '../../workflow/history/continuity.ts';
import { blobOf } from '../blob.ts';
import { orStorageFailed } from '../storage-failed.ts';
import type { DecidedFile } from './open.ts';

export const createContinuity = ({ sql, path }: DecidedFile): Continuity => {
  const readMark = sql.prepare('SELECT slot, spoken FROM mark');
  const addMark = sql.prepare('INSERT INTO mark VALUES (?, ?)');
  const dropMark = sql.prepare('DELETE FROM mark');
  const readFloors = sql.prepare(
    'SELECT validator, max(epoch) AS epoch, max(slot) AS slot FROM validator_floors GROUP BY validator',
  );
  const addFloor = sql.prepare('INSERT INTO validator_floors VALUES (?, ?, ?)');
  const write = (work: () => void): void =>
    orStorageFailed('write to', path, () => {
      sql.exec('BEGIN IMMEDIATE');
      try {
        work();
        sql.exec('COMMIT');
      } catch (error) {
        if (sql.isTransaction) sql.exec('ROLLBACK');
        throw error;
      }
    });
  const toDisk = (): void =>
    orStorageFailed('write to', path, () => void sql.exec('PRAGMA wal_checkpoint(FULL)'));

  return {
    mark: () => {
      const row = readMark.get();
      if (row === undefined) return null;
      return {
        slot: Number(row.slot) as Slot,
        spoken: row.spoken === null ? null : (Number(row.spoken) as Slot),
      };
    },
    setMark: (mark) => {
      write(() => {
        dropMark.run();
        if (mark !== null) addMark.run(mark.slot, mark.spoken);
      });
      // A mark that a crash of the machine takes along costs an epoch; one that it brings back could cost a validator.
      if (mark === null) toDisk();
    },
    validatorFloors: () =>
      new Map(
        readFloors
          .all()
          .map((row) => [
            toHex(row.validator as Uint8Array) as ValidatorKey,
            { epoch: Number(row.epoch) as Epoch, slot: Number(row.slot) as Slot },
          ]),
      ),
    raiseFloors: (validators, { epoch, slot }) => {
      write(() => {
        for (const key of validators) addFloor.run(blobOf(key, 48), epoch, slot);
      });
      toDisk();
    },
  };
};
