/**
 * The statements on the slashing tables: evidence for the rules in core/slashing, and rows in and out.
 *
 * Numbers cross as BigInt, for SQLite's integers reach further than a double is exact, and `beyond` (2^53) is stored as such.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { toHex } from '../core/bytes.ts';
import type { Root } from '../core/ids.ts';
import type { AttestationEvidence } from '../core/slashing/attestation.ts';
import type { BlockEvidence } from '../core/slashing/block.ts';
import type { AttestationMinimum, AttestationRecord, BlockRecord } from '../core/slashing/record.ts';
import { blobOf } from './blob.ts';

/** A row of `keys`. */
export type KeyId = bigint;

export type SlashingTables = ReturnType<typeof createSlashingTables>;

export const createSlashingTables = (sql: DatabaseSync) => ({
  ...keyStatements(sql),
  ...attestationStatements(sql),
  ...blockStatements(sql),
});

const keyStatements = (sql: DatabaseSync) => {
  const find = prepare(sql, 'SELECT id FROM keys WHERE key = ?');
  const add = prepare(sql, 'INSERT INTO keys (key) VALUES (?) RETURNING id');
  const list = prepare(sql, 'SELECT key FROM keys ORDER BY key');
  /** A row of `keys` stays as it is for good. What a transaction added may be taken back, so it is not remembered before its end. */
  const known = new Map<string, KeyId>();
  const findId = (key: string): KeyId | null => {
    const id = asBigInt(find.get(blobOf(key, 48))?.id);
    if (id !== null && !sql.isTransaction) known.set(key, id);
    return id;
  };
  return {
    keyId: (key: string): KeyId | null => known.get(key) ?? findId(key),
    addKey: (key: string): KeyId => asBigInt(add.get(blobOf(key, 48))?.id) as KeyId,
    keys: (): readonly string[] => list.all().map((row) => toHex(row.key as Uint8Array)),
  };
};

const attestationStatements = (sql: DatabaseSync) => {
  const columns = 'SELECT source, target, signing_root FROM attestations WHERE key = ?';
  const sameTarget = prepare(sql, `${columns} AND target = ?`);
  // Sources above the item's, and targets above it, are few: new votes come last. The index is named lest SQLite scan the rest.
  const surrounded = prepare(
    sql,
    'SELECT source, target, signing_root FROM attestations INDEXED BY attestations_by_source ' +
      'WHERE key = ? AND source > ? AND target < ? LIMIT 1',
  );
  const surrounding = prepare(sql, `${columns} AND target > ? AND source < ? LIMIT 1`);
  const limits = prepare(
    sql,
    'SELECT (SELECT min(source) FROM attestations WHERE key = ?1) AS min_source, ' +
      '(SELECT max(source) FROM attestations WHERE key = ?1) AS max_source, ' +
      '(SELECT min(target) FROM attestations WHERE key = ?1) AS min_target, ' +
      '(SELECT max(target) FROM attestations WHERE key = ?1) AS max_target',
  );
  const add = prepare(
    sql,
    'INSERT OR IGNORE INTO attestations (key, source, target, signing_root) VALUES (?, ?, ?, ?)',
  );
  const all = prepare(sql, `${columns} ORDER BY target, source`);
  const upTo = prepare(sql, `${columns} AND target <= ?`);
  const removeUpTo = prepare(sql, 'DELETE FROM attestations WHERE key = ? AND target <= ?');

  return {
    attestationMinimum: (key: KeyId): AttestationMinimum | null => minimumOf(limits.get(key)),
    attestationEvidence: (key: KeyId, item: AttestationRecord): AttestationEvidence => {
      const row = limits.get(key);
      const minimum = minimumOf(row);
      // The usual vote is above all others: then nothing has its target, surrounds it or lies within it, and one query was enough.
      if (row === undefined || minimum === null || isAbove(item, row)) return { ...noEvidence, minimum };
      const source = BigInt(item.source);
      const target = BigInt(item.target);
      return {
        sameTarget: sameTarget.all(key, target).map(attestationOf),
        surrounded: optional(surrounded.get(key, source, target), attestationOf),
        surrounding: optional(surrounding.get(key, target, source), attestationOf),
        minimum,
      };
    },
    addAttestation: (key: KeyId, record: AttestationRecord): boolean =>
      add.run(key, BigInt(record.source), BigInt(record.target), rootBlob(record.signingRoot)).changes !== 0,
    attestations: (key: KeyId): readonly AttestationRecord[] => all.all(key).map(attestationOf),
    attestationsUpTo: (key: KeyId, target: number): readonly AttestationRecord[] =>
      upTo.all(key, BigInt(target)).map(attestationOf),
    removeAttestationsUpTo: (key: KeyId, target: number): void => {
      removeUpTo.run(key, BigInt(target));
    },
  };
};

const blockStatements = (sql: DatabaseSync) => {
  const sameSlot = prepare(sql, 'SELECT slot, signing_root FROM blocks WHERE key = ? AND slot = ?');
  const minimum = prepare(sql, 'SELECT min(slot) AS slot FROM blocks WHERE key = ?');
  const add = prepare(sql, 'INSERT OR IGNORE INTO blocks (key, slot, signing_root) VALUES (?, ?, ?)');
  const all = prepare(sql, 'SELECT slot, signing_root FROM blocks WHERE key = ? ORDER BY slot');
  const removeBelow = prepare(
    sql,
    'DELETE FROM blocks WHERE key = ?1 AND slot < (SELECT max(slot) FROM blocks WHERE key = ?1 AND slot < ?2)',
  );

  const blockMinimum = (key: KeyId): number | null => {
    const slot = asBigInt(minimum.get(key)?.slot);
    return slot === null ? null : Number(slot);
  };
  return {
    blockMinimum,
    blockEvidence: (key: KeyId, item: BlockRecord): BlockEvidence => ({
      sameSlot: sameSlot.all(key, BigInt(item.slot)).map(blockOf),
      minimum: blockMinimum(key),
    }),
    addBlock: (key: KeyId, record: BlockRecord): boolean =>
      add.run(key, BigInt(record.slot), rootBlob(record.signingRoot)).changes !== 0,
    blocks: (key: KeyId): readonly BlockRecord[] => all.all(key).map(blockOf),
    /** Removes what is below `slot`, except the last of it, which becomes the minimum. Returns how many. */
    pruneBlocksBelow: (key: KeyId, slot: number): number =>
      Number(removeBelow.run(key, BigInt(slot)).changes),
  };
};

type Row = Readonly<Record<string, unknown>>;

const noEvidence = { sameTarget: [], surrounded: null, surrounding: null };

// The limits of no rows are NULL.
const minimumOf = (limits: Row | undefined): AttestationMinimum | null =>
  limits === undefined || limits.min_source === null
    ? null
    : { source: Number(limits.min_source), target: Number(limits.min_target) };

const isAbove = (item: AttestationRecord, limits: Row): boolean =>
  item.target > Number(limits.max_target) && item.source >= Number(limits.max_source);

const attestationOf = (row: Row): AttestationRecord => ({
  source: Number(row.source),
  target: Number(row.target),
  signingRoot: rootOf(row.signing_root),
});

const blockOf = (row: Row): BlockRecord => ({
  slot: Number(row.slot),
  signingRoot: rootOf(row.signing_root),
});

// Empty stands for unknown: a primary key has no NULL.
const rootOf = (blob: unknown): Root | null =>
  blob instanceof Uint8Array && blob.length === 32 ? (toHex(blob) as Root) : null;

const rootBlob = (root: Root | null): Uint8Array => (root === null ? new Uint8Array(0) : blobOf(root, 32));

const optional = <T>(row: Row | undefined, read: (row: Row) => T): T | null =>
  row === undefined ? null : read(row);

const asBigInt = (value: unknown): bigint | null => (typeof value === 'bigint' ? value : null);

const prepare = (sql: DatabaseSync, text: string): StatementSync => {
  const statement = sql.prepare(text);
  statement.setReadBigInts(true);
  return statement;
};
