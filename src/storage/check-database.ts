/**
 * Whether a database file can be trusted. Reads only: what is refused stays byte for byte as it was found.
 *
 * The full integrity check, not the quick one: it also compares each table with its index, which is how an altered epoch is
 * found (schema.ts). It reads the whole file once per start.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { toHex } from '../core/bytes.ts';
import type { Root } from '../core/ids.ts';
import { hasSchemaOf } from './migrate.ts';
import { applicationId, migrations } from './schema.ts';
import { restore, StorageFailed } from './storage-failed.ts';
import { lostTransactions } from './wal-check.ts';

/** Throws StorageFailed. The caller owns the database, so that nothing changes under the check. */
export const checkDatabase = (path: string, genesisValidatorsRoot: Root | null): void => {
  const { pageBytes } = checkHeader(path);
  const lost = lostTransactions(`${path}-wal`, pageBytes);
  if (lost > 0) {
    throw corrupt(
      `${path}-wal`,
      `its write-ahead log is damaged in front of ${lost} or more stored transactions`,
    );
  }
  const sql = new DatabaseSync(path, { readOnly: true, timeout: 500 });
  try {
    checkContent(sql, path);
    checkNetwork(sql, path, genesisValidatorsRoot);
  } finally {
    sql.close();
  }
};

// sqlite.org/fileformat2.html, section 1.3. Looked at before SQLite opens the file, which may already write to it.
const checkHeader = (path: string): { readonly pageBytes: number } => {
  const { size } = statSync(path);
  // SQLite takes an empty file for a new database; here it is one that has lost everything.
  if (size === 0) throw corrupt(path, 'the file is empty');
  const header = new DataView(new ArrayBuffer(100));
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, 100, 0);
  } finally {
    closeSync(file);
  }
  const magic = new TextDecoder('latin1').decode(new Uint8Array(header.buffer, 0, 16));
  if (size < 512 || magic !== 'SQLite format 3\0') {
    throw new StorageFailed(
      'not-a-database',
      `open ${path}: it is not a SQLite database; check the path, or ${restore}`,
    );
  }
  if (header.getUint32(68) !== applicationId) {
    throw new StorageFailed(
      'not-a-database',
      `open ${path}: a SQLite database, but not one of Quorate; check the path`,
    );
  }
  // 2: the write-ahead log is in use. With another value SQLite could pass over the log.
  if (header.getUint16(18) !== 0x0202) throw corrupt(path, 'its header does not name the write-ahead log');
  return { pageBytes: header.getUint16(16) === 1 ? 65_536 : header.getUint16(16) };
};

const checkContent = (sql: DatabaseSync, path: string): void => {
  const version = Number(sql.prepare('PRAGMA user_version').get()?.user_version);
  if (version > migrations.length) {
    const why = `its schema is version ${version}, this release knows ${migrations.length}`;
    throw new StorageFailed(
      'newer-schema',
      `open ${path}: ${why}; run the release that wrote it, or a later one`,
    );
  }
  sql.exec('PRAGMA cell_size_check = ON');
  const finding = sql.prepare('PRAGMA integrity_check(1)').get()?.integrity_check;
  if (finding !== 'ok') throw corrupt(path, String(finding).slice(0, 200));
  if (!hasSchemaOf(sql, version)) throw corrupt(path, 'its tables are not those of its schema version');
  if (sql.prepare('PRAGMA foreign_key_check').get() !== undefined)
    throw corrupt(path, 'a record belongs to no key');
};

const checkNetwork = (sql: DatabaseSync, path: string, expected: Root | null): void => {
  const stored = genesisValidatorsRootOf(sql);
  if (stored === null) throw corrupt(path, 'it names no network');
  if (expected !== null && stored !== expected) {
    throw new StorageFailed(
      'wrong-network',
      `open ${path}: it belongs to the network with genesis_validators_root ${stored}, this node runs on ${expected}; ` +
        'use a database of its own for each network',
    );
  }
};

export const genesisValidatorsRootOf = (sql: DatabaseSync): Root | null => {
  const rows = sql.prepare('SELECT genesis_validators_root AS root FROM network').all();
  const root = rows.length === 1 ? rows[0]?.root : undefined;
  return root instanceof Uint8Array ? (toHex(root) as Root) : null;
};

const corrupt = (path: string, why: string): StorageFailed =>
  new StorageFailed('corrupt', `open ${path}: ${why}; ${restore}`);
