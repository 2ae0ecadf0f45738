/**
 * Opens the file of the decided history: owned by one process, of our kind, of our network, its trees sound.
 *
 * Unlike slashing protection it can be had again from any peer, so a damaged file is put aside under another name, which is
 * told, and a new one begun. Write-ahead log with synchronous NORMAL: a crash of the process loses nothing that was stored, a
 * crash of the machine the last seconds at most, and no duty ever waits for a disk.
 */
import { chmodSync, closeSync, existsSync, openSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fromHex, toHex } from '../../core/bytes.ts';
import type { Root } from '../../core/ids.ts';
import { openOwned, own } from '../ownership.ts';
import { orStorageFailed, StorageFailed } from '../storage-failed.ts';
import { applicationId, migrations } from './schema.ts';

export interface DecidedFile extends Disposable {
  readonly path: string;
  readonly sql: DatabaseSync;
  readonly genesisValidatorsRoot: Root;
  readonly isNew: boolean;
  /** Where a damaged file was put, null where there was none. */
  readonly putAside: string | null;
}

export interface OpenDecidedOptions {
  readonly path: string;
  /** null: whatever network the file names; then it must exist. */
  readonly genesisValidatorsRoot: Root | null;
  readonly nowMs: number;
}

/** Throws StorageFailed where another process has it open, it is of another kind or network, or nothing can be written. */
export const openDecidedFile = (options: OpenDecidedOptions): DecidedFile =>
  orStorageFailed('open', options.path, () => {
    const { path, genesisValidatorsRoot } = options;
    const release = own(path);
    try {
      let putAside: string | null = null;
      if (existsSync(path) && isDamaged(path)) putAside = setAside(path, options.nowMs);
      const isNew = !existsSync(path);
      if (isNew && genesisValidatorsRoot === null)
        throw new StorageFailed('missing', `open ${path}: there is no such file; check the path`);
      const sql = openSound(path, genesisValidatorsRoot);
      const network = toHex(
        sql.prepare('SELECT genesis_validators_root AS root FROM network').get()?.root as Uint8Array,
      ) as Root;
      const close = (): void => {
        if (!sql.isOpen) return;
        sql.close();
        release();
      };
      return { path, sql, genesisValidatorsRoot: network, isNew, putAside, [Symbol.dispose]: close };
    } catch (error) {
      release();
      throw error;
    }
  });

/** True where the file is no sound database. Files of another kind or a newer release are not damaged: they throw. */
const isDamaged = (path: string): boolean => {
  let sql: DatabaseSync | null = null;
  try {
    sql = new DatabaseSync(path, { readOnly: true, timeout: 500 });
    const kind = Number(sql.prepare('PRAGMA application_id').get()?.application_id);
    const version = Number(sql.prepare('PRAGMA user_version').get()?.user_version);
    if (kind !== applicationId && kind !== 0)
      throw new StorageFailed(
        'not-a-database',
        `open ${path}: it is another kind of database; check the path`,
      );
    if (version > migrations.length) {
      const why = `its schema is version ${version}, this release knows ${migrations.length}`;
      throw new StorageFailed(
        'newer-schema',
        `open ${path}: ${why}; run the release that wrote it, or a later one`,
      );
    }
    return sql.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok' || !hasContent(sql);
  } catch (error) {
    // SQLITE_CORRUPT and SQLITE_NOTADB; anything else is not for us to judge.
    if (error instanceof Error && 'errcode' in error && [11, 26].includes(Number(error.errcode) & 0xff))
      return true;
    throw error;
  } finally {
    sql?.close();
  }
};

const hasContent = (sql: DatabaseSync): boolean => {
  const tables = sql.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'").get()?.n;
  return Number(tables) >= 6 && sql.prepare('SELECT 1 FROM network').get() !== undefined;
};

const setAside = (path: string, nowMs: number): string => {
  const aside = `${path}.damaged-${nowMs}`;
  for (const ending of ['', '-wal', '-shm'])
    if (existsSync(path + ending)) renameSync(path + ending, aside + ending);
  return aside;
};

const openSound = (path: string, expected: Root | null): DatabaseSync => {
  const isNew = !existsSync(path);
  if (isNew) closeSync(openSync(path, 'wx', 0o600));
  chmodSync(path, 0o600);
  return openOwned(path, { synchronous: 'normal', cacheKib: 16_384 }, (sql) => {
    sql.exec('BEGIN IMMEDIATE');
    const version = Number(sql.prepare('PRAGMA user_version').get()?.user_version);
    for (const migration of migrations.slice(version)) sql.exec(migration);
    sql.exec(`PRAGMA user_version = ${migrations.length}; PRAGMA application_id = ${applicationId}`);
    if (isNew && expected !== null) sql.prepare('INSERT INTO network VALUES (?)').run(fromHex(expected, 32));
    sql.exec('COMMIT');
    const stored = toHex(
      sql.prepare('SELECT genesis_validators_root AS root FROM network').get()?.root as Uint8Array,
    );
    if (expected !== null && stored !== expected) {
      throw new StorageFailed(
        'wrong-network',
        `open ${path}: it belongs to the network with genesis_validators_root ${stored}, this node runs on ${expected}; ` +
          'use a data folder of its own for each network',
      );
    }
  });
};
