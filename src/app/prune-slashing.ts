/**
 * Keeps the configured epochs of slashing protection; runs at start and every few hours.
 */
import type { Network } from '../core/eth2/network.ts';
import { slotAt } from '../core/eth2/slots.ts';
import type { Database } from '../storage/database.ts';
import { createSlashingHistory } from '../storage/slashing-history.ts';
import { createVoteJournal } from '../storage/vote-journal.ts';
import type { Report } from '../workflow/report.ts';
import type { RunConfig } from './config.ts';

const pruneEveryMs = 6 * 3600 * 1000;

export const startPruning = (
  config: Pick<RunConfig, 'slashingPruneEpochs'>,
  network: Network,
  database: Database,
  report: Report,
): Disposable => {
  const history = createSlashingHistory(database);
  const journal = createVoteJournal(database);
  const prune = (): void => {
    try {
      const slot = Math.max(
        0,
        slotAt(network, Date.now()) - config.slashingPruneEpochs * network.slotsPerEpoch,
      );
      if (slot === 0) return;
      const epoch = Math.floor(slot / network.slotsPerEpoch);
      history.prune({ epoch, slot } as Parameters<typeof history.prune>[0]);
      journal.prune(
        (slotAt(network, Date.now()) - 64 * network.slotsPerEpoch) as Parameters<typeof journal.prune>[0],
      );
    } catch (cause) {
      report({ type: 'fault', where: 'prune slashing protection', why: String(cause) });
    }
  };
  prune();
  const timer = setInterval(prune, pruneEveryMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
