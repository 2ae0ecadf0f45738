/**
 * The tables, as a list of migrations: the database's user_version counts those it has.
 *
 * Every table that matters is stored in two trees, the table and an index with all of its columns. SQLite has no page
 * checksums; with two copies its integrity check finds an altered byte as a disagreement of the two.
 */

/** "Qrte" as SQLite application_id: tells our files from other SQLite databases. */
export const applicationId = 0x51727465;

/**
 * signing_root: 32 bytes, or empty where it is unknown. Epochs and slots: see core/slashing/record.ts for the largest.
 * journal: the consensus instances in which this operator has spoken; `floor` is the slot below which the rows are pruned.
 */
const first = `
  CREATE TABLE network (genesis_validators_root BLOB NOT NULL CHECK (length(genesis_validators_root) = 32)) STRICT;

  CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE CHECK (length(key) = 48)
  ) STRICT;

  CREATE TABLE attestations (
    key INTEGER NOT NULL REFERENCES keys (id),
    target INTEGER NOT NULL CHECK (target >= 0),
    source INTEGER NOT NULL CHECK (source >= 0),
    signing_root BLOB NOT NULL CHECK (length(signing_root) IN (0, 32)),
    PRIMARY KEY (key, target, source, signing_root)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX attestations_by_source ON attestations (key, source, target, signing_root);

  CREATE TABLE blocks (
    key INTEGER NOT NULL REFERENCES keys (id),
    slot INTEGER NOT NULL CHECK (slot >= 0),
    signing_root BLOB NOT NULL CHECK (length(signing_root) IN (0, 32)),
    PRIMARY KEY (key, slot, signing_root)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX blocks_by_slot ON blocks (slot, key, signing_root);

  CREATE TABLE journal (
    committee BLOB NOT NULL CHECK (length(committee) = 32),
    slot INTEGER NOT NULL CHECK (slot >= 0),
    role TEXT NOT NULL,
    validator BLOB NOT NULL CHECK (length(validator) IN (0, 48)),
    subcommittee INTEGER NOT NULL,
    PRIMARY KEY (committee, slot, role, validator, subcommittee)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX journal_by_slot ON journal (slot, committee, role, validator, subcommittee);
  CREATE TABLE journal_floor (slot INTEGER NOT NULL) STRICT;
  INSERT INTO journal_floor VALUES (0);
`;

/** Append only: a released migration never changes. */
export const migrations: readonly string[] = [first];
