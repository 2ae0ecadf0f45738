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
const burstMs = 20;
/** How long a batch waits in a burst. ms */
const burstDelayMs = 10;

export const createBatch = <Item>(
  clock: Clock,
  delayMs: number,
  countMax: number,
  handOn: (items: readonly Item[]) => void,
): Batch<Item> => {
  let waiting: Item[] = [];
  let cancel: (() => void) | null = null;
  let flushedMs = Number.NEGATIVE_INFINITY;
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
      const nowMs = clock.now();
      cancel ??= clock.at(
        nowMs + (nowMs < flushedMs + burstMs ? Math.max(delayMs, burstDelayMs) : delayMs),
        flush,
      );
    },
    flush,
  };
};
