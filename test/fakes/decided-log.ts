/**
 * A decided history that is written and never read.
 */
import type { Entry } from '../../src/core/history/entry.ts';
import type { DecidedLog } from '../../src/workflow/history/ports.ts';

export const createWriteOnlyLog = (store: (entries: readonly Entry[]) => void): DecidedLog => ({
  store,
  page: () => ({ entries: [], next: null }),
  floor: () => null,
  raiseFloor: () => {},
  prune: () => 0,
});
