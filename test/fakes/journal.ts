/**
 * A vote journal in memory; it survives the crash of a node that keeps it.
 */
import { dutyName } from '../../src/core/duty/duty.ts';
import type { VoteJournal } from '../../src/workflow/ports.ts';

export interface FakeJournal {
  /** The seam as one process lifetime sees it. */
  open(): VoteJournal;
}

export const createFakeJournal = (): FakeJournal => {
  const spoken = new Set<string>();
  return {
    open: () => ({
      join: (duties) =>
        duties.map((duty) => {
          const name = dutyName(duty);
          if (spoken.has(name)) return 'spoken';
          spoken.add(name);
          return 'fresh';
        }),
    }),
  };
};
