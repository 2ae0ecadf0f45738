/**
 * How far an observer has copied decided history, by committee, in a small file beside it: so that a restart asks only for
 * what is missing. A file that is missing or damaged costs a second copy, no more.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommitteeId, parseSlot } from '../../core/ids.ts';
import type { SlotRange } from '../../workflow/history/copy-history.ts';
import type { Progress } from '../../workflow/observe/keep-up.ts';

const bytesMax = 1 << 20;

const rangeOf = (value: unknown): SlotRange | null => {
  if (typeof value !== 'object' || value === null) return null;
  const { from, to } = value as { readonly from?: unknown; readonly to?: unknown };
  const [first, last] = [parseSlot(from), parseSlot(to)];
  return first === null || last === null || first > last ? null : { from: first, to: last };
};

const load = (path: string): Map<string, SlotRange> => {
  const ranges = new Map<string, SlotRange>();
  try {
    const text = readFileSync(path, 'utf8');
    const value: unknown = text.length > bytesMax ? null : JSON.parse(text);
    for (const [committee, raw] of Object.entries(value ?? {})) {
      const range = rangeOf(raw);
      if (range !== null) ranges.set(committee, range);
    }
    return ranges;
  } catch {
    // Missing, or written half before a power cut.
    return new Map();
  }
};

/** `isNew`: the history itself was begun anew, so that nothing of it is there, whatever this file says. */
export const openProgress = (dataDir: string, isNew: boolean): Progress => {
  const path = join(dataDir, 'observed.json');
  const ranges = isNew ? new Map<string, SlotRange>() : load(path);
  return {
    read: (committee: CommitteeId) => ranges.get(committee) ?? null,
    write: (committee, range) => {
      ranges.set(committee, range);
      const aside = `${path}.new`;
      writeFileSync(aside, JSON.stringify(Object.fromEntries(ranges)), { mode: 0o600 });
      renameSync(aside, path);
    },
  };
};
