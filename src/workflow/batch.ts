/**
 * Collects items for a short while and hands them on together.
 *
 * A burst of a thousand requests becomes a few transactions and a few messages; a single request waits `delayMs` at most. Once
 * batches follow each other closely there is a burst, and each waits for more than the one before: a short burst is over soon, and
 * in a long one what a batch costs is paid once for many.
 */
import type { Clock } from './ports.ts';

export interface Batch<Item> {
  add(item: Item): void;
  /** Hands on what is waiting at once. */
  flush(): void;
}

/** A batch that begins this soon after the one before is part of a burst. ms */
const burstMs = 40;
/** How long the second batch of a burst waits; each waits twice as long as the one before. ms */
const burstDelayMs = 10;

export const createBatch = <Item>(
  clock: Clock,
  delayMs: number,
  countMax: number,
  handOn: (items: readonly Item[]) => void,
  /** No batch of a burst waits longer than this. ms */
  burstDelayMsMax = 40,
): Batch<Item> => {
  let waiting: Item[] = [];
  let cancel: (() => void) | null = null;
  let flushedMs = Number.NEGATIVE_INFINITY;
  let lastDelayMs = 0;
  const flush = (): void => {
    cancel?.();
    cancel = null;
    const items = waiting;
    waiting = [];
    if (items.length === 0) return;
    handOn(items);
    flushedMs = clock.now();
  };
  return {
    add: (item) => {
      waiting.push(item);
      if (waiting.length >= countMax) return flush();
      if (cancel !== null) return;
      const nowMs = clock.now();
      const inBurst = Math.min(Math.max(2 * lastDelayMs, burstDelayMs), burstDelayMsMax);
      const isBurst = nowMs < flushedMs + burstMs;
      lastDelayMs = isBurst ? inBurst : 0;
      const waitMs = Math.max(delayMs, lastDelayMs);
      cancel = clock.at(nowMs + waitMs, flush);
    },
    flush,
  };
};
