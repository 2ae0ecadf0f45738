/**
 * Collects items for a short while and hands them on together.
 *
 * A burst of a thousand requests becomes a few transactions and a few messages; a single request waits `delayMs` at most, where
 * 0 means: for what else comes in this turn of the event loop. Once batches follow each other closely there is a burst, and each
 * waits for more than the one before: a short burst is over soon, and in a long one what a batch costs is paid once for many.
 */
import type { Clock } from './ports.ts';

export interface Batch<Item> {
  add(item: Item): void;
  /** Hands on what is waiting at once. */
  flush(): void;
  /** Hands on what only a hold keeps. */
  release(): void;
}

/** What keeps a batch of a burst longer than its window: more is known to come. */
export interface Hold {
  isOn(): boolean;
  /** From the first item of the batch on. ms */
  readonly maxMs: number;
}

export interface BatchOptions {
  /** How long an item outside a burst waits for others. ms */
  readonly delayMs: number;
  /** Items in one batch. */
  readonly countMax: number;
  /** A batch that follows one of so many items is part of a burst; fewer are duties that happen to follow each other. */
  readonly burstFrom: number;
  /** No batch of a burst waits longer than this. ms */
  readonly burstDelayMsMax: number;
  readonly hold?: Hold;
}

/** A batch that begins this soon after the one before is part of a burst. ms */
const burstMs = 40;
/** How long the second batch of a burst waits; each waits twice as long as the one before. ms */
const burstDelayMs = 10;

export const createBatch = <Item>(
  clock: Clock,
  { delayMs, countMax, burstFrom, burstDelayMsMax, hold }: BatchOptions,
  handOn: (items: readonly Item[]) => void,
): Batch<Item> => {
  let waiting: Item[] = [];
  let cancel: (() => void) | null = null;
  /** The batch before: when it was handed on, and how many items it had. */
  let last = { atMs: Number.NEGATIVE_INFINITY, count: 0 };
  let lastDelayMs = 0;
  let isHeld = false;
  const flush = (): void => {
    cancel?.();
    cancel = null;
    isHeld = false;
    const items = waiting;
    waiting = [];
    if (items.length === 0) return;
    handOn(items);
    last = { atMs: clock.now(), count: items.length };
  };
  /** The window is over. */
  const end = (sinceMs: number): void => {
    const isBurst = lastDelayMs > 0 || waiting.length >= burstFrom;
    isHeld = isBurst && hold?.isOn() === true;
    if (isHeld) cancel = clock.at(sinceMs + (hold?.maxMs ?? 0), flush);
    else flush();
  };
  return {
    add: (item) => {
      waiting.push(item);
      if (waiting.length >= countMax) return flush();
      if (cancel !== null) return;
      const nowMs = clock.now();
      const inBurst = Math.min(Math.max(2 * lastDelayMs, burstDelayMs), burstDelayMsMax);
      const isBurst = last.count >= burstFrom && nowMs < last.atMs + burstMs;
      lastDelayMs = isBurst ? inBurst : 0;
      cancel = clock.at(nowMs + Math.max(delayMs, lastDelayMs), () => end(nowMs));
    },
    flush,
    release: () => {
      if (isHeld) flush();
    },
  };
};
