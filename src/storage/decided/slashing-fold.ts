/**
 * Slashing protection as catching up feeds and reads it (workflow/history/ports.ts, SlashingFold).
 *
 * Folding is an import: what was refused stays refused, in whatever order things come (core/slashing/merge.ts).
 */
import type { Epoch } from '../../core/ids.ts';
import type { SlashingItem } from '../../core/slashing/item.ts';
import type { AttestationRecord, BlockRecord } from '../../core/slashing/record.ts';
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

/** The target of the newest vote that any key has signed; null where there is none. */
export const newestTargetIn = ({ sql }: Database): Epoch | null => {
  // By key, as the index goes: a whole scan would read every vote there is.
  const row = sql
    .prepare('SELECT max((SELECT max(target) FROM attestations WHERE key = keys.id)) AS target FROM keys')
    .get();
  return row === undefined || row.target === null ? null : (Number(row.target) as Epoch);
};
