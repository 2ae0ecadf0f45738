/**
 * Slashing protection as catching up feeds and reads it (workflow/history: SlashingFold and SlashingMemory).
 *
 * Folding is an import: what was refused stays refused, in whatever order things come (core/slashing/merge.ts).
 */
import { toHex } from '../../core/bytes.ts';
import type { Epoch, Slot } from '../../core/ids.ts';
import type { SlashingItem } from '../../core/slashing/item.ts';
import type { AttestationRecord, BlockRecord } from '../../core/slashing/record.ts';
import type { SlashingMemory } from '../../workflow/history/continuity.ts';
import type { SlashingFold } from '../../workflow/history/ports.ts';
import type { Database } from '../database.ts';
import { createSlashingHistory } from '../slashing-history.ts';

export const createSlashingFold = (database: Database): SlashingFold => {
  const history = createSlashingHistory(database);
  return {
    fold: (items) => {
      const keys = new Map<string, { blocks: BlockRecord[]; attestations: AttestationRecord[] }>();
      for (const item of items) {
        const known = keys.get(item.key) ?? { blocks: [], attestations: [] };
        keys.set(item.key, known);
        addTo(known, item);
      }
      const histories = [...keys].map(([key, records]) => ({ key, ...records }));
      history.import({ genesisValidatorsRoot: database.genesisValidatorsRoot, histories });
    },
  };
};

const addTo = (
  { blocks, attestations }: { blocks: BlockRecord[]; attestations: AttestationRecord[] },
  item: SlashingItem,
): void => {
  const { signingRoot } = item;
  if (item.type === 'block') blocks.push({ slot: item.slot, signingRoot });
  else attestations.push({ source: item.source, target: item.target, signingRoot });
};

export const createSlashingMemory = ({ sql }: Database): SlashingMemory => {
  // By key, as the index goes: a whole scan would read every vote there is.
  const newest = sql.prepare(
    'SELECT max((SELECT max(target) FROM attestations WHERE key = keys.id)) AS target FROM keys',
  );
  const spoken = sql.prepare('SELECT max(slot) AS slot FROM journal');
  const remembered = sql.prepare(
    'SELECT key FROM keys WHERE EXISTS (SELECT 1 FROM attestations WHERE key = keys.id) ' +
      'OR EXISTS (SELECT 1 FROM blocks WHERE key = keys.id)',
  );
  return {
    newestTarget: () => numberOrNull(newest.get()?.target) as Epoch | null,
    spoken: () => numberOrNull(spoken.get()?.slot) as Slot | null,
    remembered: () => new Set(remembered.all().map((row) => toHex(row.key as Uint8Array))),
  };
};

const numberOrNull = (value: unknown): number | null =>
  value === null || value === undefined ? null : Number(value);
