/**
 * The slashing history as a whole: import, export, pruning. None of them ever permits what was refused before.
 *
 * We keep the complete history (EIP-3076 calls it complete mode; minimal files are read as well): with all records, a vote
 * for an older target that no rule forbids stays possible, and the identical root can be signed again after a crash, which the
 * exchange of partial signatures needs.
 */
import type { Epoch, Root, Slot } from '../core/ids.ts';
import { judgeAttestation } from '../core/slashing/attestation.ts';
import { judgeBlock } from '../core/slashing/block.ts';
import type { Interchange } from '../core/slashing/interchange.ts';
import type { SlashingVerdict } from '../core/slashing/item.ts';
import { mergeAttestation, mergeBlock, watermarkOf } from '../core/slashing/merge.ts';
import type { AttestationRecord, BlockRecord, KeyHistory } from '../core/slashing/record.ts';
import type { Database } from './database.ts';
import { createSlashingTables, type KeyId, type SlashingTables } from './slashing-tables.ts';
import { StorageFailed } from './storage-failed.ts';

/** What became of one key's imported history. */
export interface ImportedKey {
  readonly key: string;
  readonly attestations: number;
  readonly blocks: number;
  /** How many of both the database did not hold already. */
  readonly added: number;
  /** How many contradict what the database held: the sign of a key that signed in two places. */
  readonly conflicting: number;
  /** null, or: votes with targets up to here are refused from now on, as the file reaches below what the database remembers. */
  readonly raisedTo: number | null;
}

export interface SlashingHistory {
  /** All of the file or nothing. Throws StorageFailed `wrong-network` for another network's file. */
  import(interchange: Interchange): readonly ImportedKey[];
  keys(): readonly string[];
  /** One history at a time, as the iterator is read; the caller lets nothing be recorded meanwhile. Unknown keys are left out. */
  export(keys: Iterable<string>): Generator<KeyHistory>;
  /** Replaces what is older by one record for each key that refuses all of it. Returns how many records went. */
  prune(before: { readonly epoch: Epoch; readonly slot: Slot }): number;
}

export const createSlashingHistory = (database: Database): SlashingHistory => {
  const tables = createSlashingTables(database.sql);
  return {
    import: (interchange) => {
      checkNetwork(database, interchange.genesisValidatorsRoot);
      return database.transaction(() => interchange.histories.map((history) => importKey(tables, history)));
    },
    keys: () => tables.keys(),
    export: function* (keys) {
      for (const key of keys) {
        const id = tables.keyId(key);
        if (id !== null) yield { key, blocks: tables.blocks(id), attestations: tables.attestations(id) };
      }
    },
    prune: (before) =>
      database.transaction(() =>
        tables
          .keys()
          .reduce((removed, key) => removed + pruneKey(tables, tables.keyId(key) as KeyId, before), 0),
      ),
  };
};

const checkNetwork = (database: Database, found: Root): void => {
  if (found === database.genesisValidatorsRoot) return;
  throw new StorageFailed(
    'wrong-network',
    `import into ${database.path}: the file is of the network with genesis_validators_root ${found}, ` +
      `the database of ${database.genesisValidatorsRoot}; nothing was imported`,
  );
};

// Every record is judged against the history as it was, then all are stored: their order in the file does not matter.
const importKey = (tables: SlashingTables, history: KeyHistory): ImportedKey => {
  const { key } = history;
  const id = tables.keyId(key) ?? tables.addKey(key);
  const attestations = planAttestations(tables, id, history);
  const blocks = planBlocks(tables, id, history);
  let added = 0;
  for (const record of blocks.store) added += tables.addBlock(id, record) ? 1 : 0;
  for (const record of attestations.store) added += tables.addAttestation(id, record) ? 1 : 0;
  if (attestations.raiseTo !== null) raise(tables, id, attestations.raiseTo);
  return {
    key,
    attestations: history.attestations.length,
    blocks: history.blocks.length,
    added,
    conflicting: attestations.conflicting + blocks.conflicting,
    raisedTo: attestations.raiseTo,
  };
};

interface AttestationPlan {
  readonly store: readonly AttestationRecord[];
  readonly raiseTo: number | null;
  readonly conflicting: number;
}

const planAttestations = (
  tables: SlashingTables,
  id: KeyId,
  { attestations }: KeyHistory,
): AttestationPlan => {
  const minimum = tables.attestationMinimum(id);
  if (minimum === null) return { store: attestations, raiseTo: null, conflicting: 0 };
  const store: AttestationRecord[] = [];
  let raiseTo: number | null = null;
  let conflicting = 0;
  for (const record of attestations) {
    const verdict = judgeAttestation(record, tables.attestationEvidence(id, record));
    if (contradicts(verdict, record.signingRoot)) conflicting++;
    const merge = mergeAttestation(record, minimum, verdict.type === 'slashable');
    switch (merge.type) {
      case 'implied':
        break;
      case 'store':
        store.push(merge.record);
        break;
      case 'raise':
        raiseTo = Math.max(raiseTo ?? 0, merge.target);
        break;
    }
  }
  return { store, raiseTo, conflicting };
};

interface BlockPlan {
  readonly store: readonly BlockRecord[];
  readonly conflicting: number;
}

const planBlocks = (tables: SlashingTables, id: KeyId, { blocks }: KeyHistory): BlockPlan => {
  const minimum = tables.blockMinimum(id);
  if (minimum === null) return { store: blocks, conflicting: 0 };
  const store: BlockRecord[] = [];
  let conflicting = 0;
  for (const record of blocks) {
    const verdict = judgeBlock(record, tables.blockEvidence(id, record));
    if (contradicts(verdict, record.signingRoot)) conflicting++;
    const merged = mergeBlock(record, minimum, verdict.type === 'slashable');
    if (merged !== null) store.push(merged);
  }
  return { store, conflicting };
};

const contradicts = (verdict: SlashingVerdict, signingRoot: Root | null): boolean => {
  if (verdict.type !== 'slashable') return false;
  switch (verdict.rule) {
    case 'double-vote':
    case 'double-block':
      // Without a root it may be the very record that we hold.
      return signingRoot !== null;
    case 'surrounds':
    case 'surrounded':
      return true;
    case 'below-minimum':
    case 'source-after-target':
      return false;
  }
};

/** Puts one record, which refuses every vote up to `target`, in the place of all records up to there. Returns how many went. */
const raise = (tables: SlashingTables, id: KeyId, target: number): number => {
  const replaced = tables.attestationsUpTo(id, target);
  const watermark = watermarkOf(replaced);
  if (watermark === null) return 0;
  tables.removeAttestationsUpTo(id, target);
  tables.addAttestation(id, { ...watermark, target });
  return replaced.length - 1;
};

const pruneKey = (
  tables: SlashingTables,
  id: KeyId,
  before: { readonly epoch: Epoch; readonly slot: Slot },
): number => {
  const old = tables.attestationsUpTo(id, before.epoch - 1);
  // Raised to its own last target and no further: pruning refuses nothing that was permitted, except what is this old.
  const last = watermarkOf(old);
  const removed = last === null || old.length === 1 ? 0 : raise(tables, id, last.target);
  return removed + tables.pruneBlocksBelow(id, before.slot);
};
