/**
 * The slashing protection of one node or signer, in SQLite (ports.SlashingProtection).
 *
 * The rules are core/slashing's; here are evidence and insert, in one transaction for a whole batch, so that a slot's burst
 * costs one fsync. Whatever was answered `safe` or `same-data` is on the disk before it is answered. Importing, exporting and
 * pruning are in slashing-history.ts.
 */
import { judgeAttestation } from '../core/slashing/attestation.ts';
import { judgeBlock } from '../core/slashing/block.ts';
import type { SlashingItem, SlashingVerdict } from '../core/slashing/item.ts';
import type { SlashingProtection } from '../workflow/ports.ts';
import type { Database } from './database.ts';
import { createSlashingTables, type KeyId, type SlashingTables } from './slashing-tables.ts';

/** Keys are 48 bytes as lower-case 0x-hex; another key is a bug of the caller and throws RangeError. */
export const createSlashingProtection = (database: Database): SlashingProtection => {
  const tables = createSlashingTables(database.sql);
  const recordEach = (items: readonly SlashingItem[]): readonly SlashingVerdict[] =>
    items.map((item) => recordOne(tables, item));
  return {
    record: (items) => (items.length === 0 ? [] : database.transaction(() => recordEach(items))),
    judge: (items) => {
      const [only] = items;
      if (only === undefined) return [];
      // One item, as for each request of a burst, takes reading and no transaction.
      if (items.length === 1) return database.read(() => [judgeStored(tables, tables.keyId(only.key), only)]);
      // The same work as recording, taken back: an item is judged as if those before it had been stored.
      return database.rehearse(() => recordEach(items));
    },
  };
};

const recordOne = (tables: SlashingTables, item: SlashingItem): SlashingVerdict => {
  const key = tables.keyId(item.key);
  const verdict = judgeStored(tables, key, item);
  if (verdict.type === 'safe') store(tables, key ?? tables.addKey(item.key), item);
  return verdict;
};

const judgeStored = (tables: SlashingTables, key: KeyId | null, item: SlashingItem): SlashingVerdict => {
  switch (item.type) {
    case 'attestation':
      return judgeAttestation(item, key === null ? noAttestations : tables.attestationEvidence(key, item));
    case 'block':
      return judgeBlock(item, key === null ? noBlocks : tables.blockEvidence(key, item));
  }
};

const noAttestations = { sameTarget: [], surrounded: null, surrounding: null, minimum: null };
const noBlocks = { sameSlot: [], minimum: null };

const store = (tables: SlashingTables, key: KeyId, item: SlashingItem): void => {
  switch (item.type) {
    case 'attestation':
      tables.addAttestation(key, item);
      return;
    case 'block':
      tables.addBlock(key, item);
      return;
  }
};
