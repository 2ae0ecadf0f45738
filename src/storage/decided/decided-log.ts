/**
 * The decided history in SQLite (workflow/history/ports.ts, DecidedLog): storing, pruning and the floor. Reading is in
 * read-pages.ts.
 */
import { concatBytes } from '../../core/bytes.ts';
import type { Floor } from '../../core/history/caught-up.ts';
import { type Certificate, type Entry, wholeCluster } from '../../core/history/entry.ts';
import type { Epoch, Slot } from '../../core/ids.ts';
import type { Committee } from '../../core/registry/committee.ts';
import type { DecidedLog } from '../../workflow/history/ports.ts';
import { blobOf } from '../blob.ts';
import { orStorageFailed } from '../storage-failed.ts';
import type { DecidedFile } from './open.ts';
import { createPageReader } from './read-pages.ts';
import { roleNumberOf } from './role-number.ts';

export interface DecidedLogOptions {
  readonly committees: () => ReadonlyMap<string, Committee>;
  /** The file is pruned to below this. */
  readonly bytesMax: number;
}

/** Certificates dropped at once where the file is too large. */
const pruneStep = 2000;

export const createDecidedLog = (file: DecidedFile, options: DecidedLogOptions): DecidedLog => {
  const { sql } = file;
  const writer = createWriter(file, options);
  const readFloor = sql.prepare('SELECT max(epoch) AS epoch, max(slot) AS slot FROM floor');
  const addFloor = sql.prepare('INSERT INTO floor VALUES (?, ?)');
  const dropBefore = sql.prepare('DELETE FROM certificates WHERE slot < ?');
  const dropOldest = sql.prepare(
    `DELETE FROM certificates WHERE id IN (SELECT id FROM certificates ORDER BY slot LIMIT ${pruneStep})`,
  );
  const transaction = <T>(work: () => T): T =>
    orStorageFailed('write to', file.path, () => {
      sql.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        sql.exec('COMMIT');
        return result;
      } catch (error) {
        if (sql.isTransaction) sql.exec('ROLLBACK');
        throw error;
      }
    });
  const pragma = (name: string): number => Number(sql.prepare(`PRAGMA ${name}`).get()?.[name]);
  const usedBytes = (): number => (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');

  return {
    store: (entries) => {
      if (entries.length > 0) transaction(() => entries.forEach(writer.add));
    },
    page: createPageReader(sql),
    floor: () => {
      const row = readFloor.get();
      if (row === undefined || row.epoch === null) return null;
      return { epoch: Number(row.epoch) as Epoch, slot: Number(row.slot) as Slot };
    },
    raiseFloor: ({ epoch, slot }: Floor) => {
      transaction(() => addFloor.run(epoch, slot));
      // The one thing here that no peer can tell us again: onto the disk now.
      sql.exec('PRAGMA wal_checkpoint(FULL)');
    },
    prune: (before) =>
      transaction(() => {
        let dropped = Number(dropBefore.run(before).changes);
        while (usedBytes() > options.bytesMax) {
          const { changes } = dropOldest.run();
          if (Number(changes) === 0) break;
          dropped += Number(changes);
        }
        return dropped;
      }),
  };
};

const createWriter = ({ sql }: DecidedFile, { committees }: DecidedLogOptions) => {
  const findCommittee = sql.prepare('SELECT id FROM committees WHERE committee = ?');
  const addCommittee = sql.prepare(
    'INSERT INTO committees (committee, operators) VALUES (?, ?) RETURNING id',
  );
  const findValidator = sql.prepare('SELECT id FROM validators WHERE key = ?');
  const addValidator = sql.prepare('INSERT INTO validators (key) VALUES (?) RETURNING id');
  const findCertificate = sql.prepare(
    'SELECT id, value FROM certificates WHERE committee = ? AND slot = ? AND role = ? AND validator = ? AND subcommittee = ?',
  );
  const addCertificate = sql.prepare(
    'INSERT INTO certificates (committee, slot, role, validator, subcommittee, round, value, signers, signatures) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id',
  );
  const hasWhole = sql.prepare(
    'SELECT 1 FROM proofs WHERE certificate = ? AND validator = ? AND operator = 0',
  );
  const dropPartials = sql.prepare(
    'DELETE FROM proofs WHERE certificate = ? AND validator = ? AND operator <> 0',
  );
  const addProof = sql.prepare(
    'INSERT OR IGNORE INTO proofs (certificate, validator, operator, slot, committee_index, signature) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const validatorId = (key: string): number => {
    const blob = blobOf(key, 48);
    return Number(findValidator.get(blob)?.id ?? addValidator.get(blob)?.id);
  };
  const committeeId = (committee: Committee): number => {
    const blob = blobOf(committee.id, 32);
    const operators = (): Uint8Array => new Uint8Array(Uint32Array.from(committee.operators).buffer);
    return Number(findCommittee.get(blob)?.id ?? addCommittee.get(blob, operators())?.id);
  };

  /** The row of this decision; null where another value stands in its place. */
  const certificateId = (certificate: Certificate, committee: Committee): number | null => {
    const { duty, value } = certificate;
    const name = [
      committeeId(committee),
      duty.slot,
      roleNumberOf(duty.role),
      duty.validator === null ? 0 : validatorId(duty.validator),
      duty.subcommittee,
    ] as const;
    const known = findCertificate.get(...name);
    if (known !== undefined)
      return Buffer.compare(known.value as Uint8Array, value) === 0 ? Number(known.id) : null;
    const signers = certificate.operators.reduce(
      (bits, operator) => bits | (1 << committee.operators.indexOf(operator)),
      0,
    );
    const signatures = concatBytes(...certificate.signatures);
    return Number(addCertificate.get(...name, certificate.round, value, signers, signatures)?.id);
  };

  return {
    add: ({ certificate, proofs }: Entry): void => {
      const { duty } = certificate;
      const committee = committees().get(duty.committee);
      if (committee === undefined) throw new Error(`certificate of the unknown committee ${duty.committee}`);
      const id = certificateId(certificate, committee);
      if (id === null) return;
      for (const { validator, index, claims } of proofs) {
        const key = validatorId(validator);
        const whole = claims.find(({ by }) => by === wholeCluster);
        if (hasWhole.get(id, key) !== undefined) continue;
        if (whole !== undefined) dropPartials.run(id, key);
        for (const { by, signature } of whole === undefined ? claims : [whole])
          addProof.run(id, key, by, duty.slot, index, signature);
      }
    },
  };
};
