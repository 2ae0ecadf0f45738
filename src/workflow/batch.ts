/**
 * Collects items for a short while and hands them on together.
 *
 * A burst of a thousand requests becomes a few transactions and a few messages; a single request waits `delayMs` at most. Once
 * batches follow each other closely there is a burst, and each waits for more: what it costs is paid once for many.
 */
import type { Clock } from './ports.ts';

export interface Batch<Item> {
  add(item: Item): void;
  /** Hands on what is waiting at once. */
  flush(): void;
}

/** A batch that begins this soon after the one before is part of a burst. ms */
const burstMs = 40;
/** How long a batch waits in a burst; and after a batch of so many items. ms */
const burstDelayMs = 10;
const largeBurstDelayMs = 30;
const largeBatch = 16;

export const createBatch = <Item>(
  clock: Clock,
  delayMs: number,
  countMax: number,
  handOn: (items: readonly Item[]) => void,
): Batch<Item> => {
  let waiting: Item[] = [];
  let cancel: (() => void) | null = null;
  let flushedMs = Number.NEGATIVE_INFINITY;
  let flushedCount = 0;
  const flush = (): void => {
    cancel?.();
    cancel = null;
    const items = waiting;
    waiting = [];
    if (items.length === 0) return;
    handOn(items);
    flushedMs = clock.now();
    flushedCount = items.length;
  };
  return {
    add: (item) => {
      waiting.push(item);
      if (waiting.length >= countMax) return flush();
      if (cancel !== null) return;
      const nowMs = clock.now();
      const inBurst = flushedCount >= largeBatch ? largeBurstDelayMs : burstDelayMs;
      const waitMs = nowMs < flushedMs + burstMs ? Math.max(delayMs, inBurst) : delayMs;
      cancel = clock.at(nowMs + waitMs, flush);
    },
    flush,
  };
};
