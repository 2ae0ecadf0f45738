/**
 * Makes a new database file: complete before it has its name, so that a crash leaves either none or a whole one.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fromHex } from '../core/bytes.ts';
import type { Root } from '../core/ids.ts';
import { migrate } from './migrate.ts';
import { applicationId } from './schema.ts';

/** The caller owns the path and has seen that nothing is there. Mode 0600: the history says what the keys do. */
export const createDatabaseFile = (path: string, genesisValidatorsRoot: Root): void => {
  const draft = `${path}.new`;
  for (const leftover of [draft, `${draft}-wal`, `${draft}-shm`]) rmSync(leftover, { force: true });
  closeSync(openSync(draft, 'wx', 0o600));
  const sql = new DatabaseSync(draft);
  try {
    sql.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA application_id = ${applicationId}`,
    );
    migrate(sql, 0);
    sql.prepare('INSERT INTO network VALUES (?)').run(fromHex(genesisValidatorsRoot, 32));
  } finally {
    sql.close();
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
};

const syncFolder = (path: string): void => {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};
