/**
 * Brings a database's schema up to date; and says what a schema must look like, for the check on opening.
 */
import { DatabaseSync } from 'node:sqlite';
import { migrations } from './schema.ts';

/** Applies the migrations that follow `version`, all or none. */
export const migrate = (sql: DatabaseSync, version: number): void => {
  if (version >= migrations.length) return;
  sql.exec('BEGIN IMMEDIATE');
  try {
    for (const migration of migrations.slice(version)) sql.exec(migration);
    sql.exec(`PRAGMA user_version = ${migrations.length}`);
    sql.exec('COMMIT');
  } catch (error) {
    if (sql.isTransaction) sql.exec('ROLLBACK');
    throw error;
  }
};

/** Whether the tables are, word for word, those that `version` migrations make. */
export const hasSchemaOf = (sql: DatabaseSync, version: number): boolean => {
  const fresh = new DatabaseSync(':memory:');
  try {
    for (const migration of migrations.slice(0, version)) fresh.exec(migration);
    return schemaOf(sql) === schemaOf(fresh);
  } finally {
    fresh.close();
  }
};

// ANALYZE, which an operator may run, adds tables named sqlite_stat*.
const schemaOf = (sql: DatabaseSync): string =>
  JSON.stringify(
    sql
      .prepare(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name",
      )
      .all(),
  );
