/**
 * Slashing protection data that comes and goes with keys (EIP-3076).
 *
 * A node keeps the history of a share under its validator's key, a signer under the share's own. What is exported here names
 * the key under which it is kept; what is imported for a share is kept for its validator as well, since both sign the same
 * roots. The minimal form is exported: one record for each key and kind, which permits nothing that was refused before and
 * which every client reads, however long the history is.
 */
import type { ShareKey, ValidatorKey } from '../../core/ids.ts';
import { minimise, renderInterchange } from '../../core/slashing/interchange.ts';
import { parseInterchange } from '../../core/slashing/parse-interchange.ts';
import type { Database } from '../../storage/database.ts';
import { createSlashingHistory } from '../../storage/slashing-history.ts';
import { StorageFailed } from '../../storage/storage-failed.ts';

export interface Histories {
  /** Why nothing was imported, or null. */
  import(text: string): string | null;
  /** Whether anything is known of this share. */
  has(share: ShareKey): boolean;
  export(shares: readonly ShareKey[]): string;
}

/** `validatorOf`: the validator of a share; null where none is known. */
export const createHistories = (
  database: Database,
  validatorOf: (share: ShareKey) => ValidatorKey | null,
): Histories => {
  const history = createSlashingHistory(database);
  const keptUnder = (share: ShareKey): readonly string[] => [share, validatorOf(share) ?? share];
  return {
    import: (text) => {
      const parsed = parseInterchange(text);
      if (parsed.type === 'malformed') return `slashing_protection: ${parsed.reason}; nothing was imported`;
      const { genesisValidatorsRoot, histories } = parsed.interchange;
      const ofValidators = histories.flatMap((one) => {
        const key = validatorOf(one.key as ShareKey);
        return key === null ? [] : [{ ...one, key }];
      });
      try {
        history.import({ genesisValidatorsRoot, histories });
        // Apart from the first, as one file may name a validator and its share.
        for (const one of ofValidators) history.import({ genesisValidatorsRoot, histories: [one] });
        return null;
      } catch (cause) {
        if (cause instanceof StorageFailed && cause.reason === 'wrong-network')
          return `slashing_protection: ${cause.message}`;
        throw cause;
      }
    },
    has: (share) => [...history.export(new Set(keptUnder(share)))].length > 0,
    export: (shares) => {
      const keys = new Set(shares.flatMap(keptUnder));
      const histories = history.export(keys).map(minimise);
      return [...renderInterchange(database.genesisValidatorsRoot, histories)].join('');
    },
  };
};
