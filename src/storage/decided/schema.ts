/**
 * The tables of the decided history, as a list of migrations: user_version counts those a file has.
 *
 * Integers stand for committees and validators: a key is 48 bytes, and each is named hundreds of times an hour. `signers` has a
 * bit for each place in the committee's ascending list. `validator` 0 in certificates: the duty is the committee's.
 * `operator` 0 in proofs: the validator's own signature. Rows prove themselves by the signatures in them, so that a damaged
 * one is found by whoever reads it; the integrity check on opening is for the trees.
 */

/** "Qrdh" as SQLite application_id. */
export const applicationId = 0x51726468;

const first = `
  CREATE TABLE network (genesis_validators_root BLOB NOT NULL CHECK (length(genesis_validators_root) = 32)) STRICT;
  CREATE TABLE floor (epoch INTEGER NOT NULL, slot INTEGER NOT NULL) STRICT;

  CREATE TABLE committees (
    id INTEGER PRIMARY KEY,
    committee BLOB NOT NULL UNIQUE CHECK (length(committee) = 32),
    operators BLOB NOT NULL CHECK (length(operators) BETWEEN 4 AND 52 AND length(operators) % 4 = 0)
  ) STRICT;
  CREATE TABLE validators (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE CHECK (length(key) = 48)
  ) STRICT;

  CREATE TABLE certificates (
    id INTEGER PRIMARY KEY,
    committee INTEGER NOT NULL REFERENCES committees (id),
    slot INTEGER NOT NULL CHECK (slot >= 0),
    role INTEGER NOT NULL,
    validator INTEGER NOT NULL,
    subcommittee INTEGER NOT NULL,
    round INTEGER NOT NULL,
    value BLOB NOT NULL,
    signers INTEGER NOT NULL,
    signatures BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX certificates_by_duty ON certificates (committee, slot, role, validator, subcommittee);
  CREATE INDEX certificates_by_slot ON certificates (slot);
  CREATE INDEX certificates_by_validator ON certificates (validator, slot) WHERE validator <> 0;

  CREATE TABLE proofs (
    certificate INTEGER NOT NULL REFERENCES certificates (id) ON DELETE CASCADE,
    validator INTEGER NOT NULL REFERENCES validators (id),
    operator INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    committee_index INTEGER NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 96),
    PRIMARY KEY (certificate, validator, operator)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX proofs_by_validator ON proofs (validator, slot, certificate);
`;

/** What is told to the next start: at most one mark, and the floors of single validators. */
const second = `
  CREATE TABLE mark (slot INTEGER NOT NULL, spoken INTEGER) STRICT;
  CREATE TABLE validator_floors (
    validator BLOB NOT NULL CHECK (length(validator) = 48),
    epoch INTEGER NOT NULL,
    slot INTEGER NOT NULL
  ) STRICT;
`;

/** Append only: a released migration never changes. */
export const migrations: readonly string[] = [first, second];
