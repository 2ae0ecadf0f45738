/**
 * Collects items for a short while and hands them on together.
 *
 * A burst of a thousand requests becomes a few transactions and a few messages; a single request waits `delayMs` at most.
 */
import type { Clock } from './ports.ts';

export interface Batch<Item> {
  add(item: Item): void;
  /** Hands on what is waiting at once. */
  flush(): void;
}

export const createBatch = <Item>(
  clock: Clock,
  delayMs: number,
  countMax: number,
  handOn: (items: readonly Item[]) => void,
): Batch<Item> => {
  let waiting: Item[] = [];
  let cancel: (() => void) | null = null;
  const flush = (): void => {
    cancel?.();
    cancel = null;
    const items = waiting;
    waiting = [];
    if (items.length > 0) handOn(items);
  };
  return {
    add: (item) => {
      waiting.push(item);
      if (waiting.length >= countMax) flush();
      else cancel ??= clock.at(clock.now() + delayMs, flush);
    },
    flush,
  };
};
