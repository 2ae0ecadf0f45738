/**
 * A clock that stands still until told to go on: events in order of time, then of arrival.
 */
import type { Clock } from '../../src/workflow/ports.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly task: () => unknown;
}

/** What a task returns that did nothing: then there is nothing to settle, which for thousands of such tasks takes its time. */
export const nothingHappened = Symbol('nothing happened');

export interface VirtualClock extends Clock {
  /** Runs everything due until `untilMs`, letting promises settle after each event. */
  runUntil(untilMs: number): Promise<void>;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const isBefore = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** A binary heap, as a simulation has thousands of timers. */
const createHeap = () => {
  const heap: Timer[] = [];
  const at = (index: number): Timer => heap[index] as Timer;
  const swap = (a: number, b: number): void => {
    const held = at(a);
    heap[a] = at(b);
    heap[b] = held;
  };
  return {
    peek: (): Timer | undefined => heap[0],
    push: (timer: Timer): void => {
      heap.push(timer);
      for (let child = heap.length - 1; child > 0; ) {
        const parent = (child - 1) >> 1;
        if (isBefore(at(parent), at(child))) break;
        swap(parent, child);
        child = parent;
      }
    },
    pop: (): Timer | undefined => {
      const first = heap[0];
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return first;
      heap[0] = last;
      for (let parent = 0; ; ) {
        const left = 2 * parent + 1;
        if (left >= heap.length) break;
        const child = left + 1 < heap.length && isBefore(at(left + 1), at(left)) ? left + 1 : left;
        if (isBefore(at(parent), at(child))) break;
        swap(parent, child);
        parent = child;
      }
      return first;
    },
  };
};

export const createVirtualClock = (startMs: number): VirtualClock => {
  const heap = createHeap();
  const cancelled = new Set<Timer>();
  let nowMs = startMs;
  let order = 0;
  return {
    now: () => nowMs,
    at: (atMs, task) => {
      const timer = { atMs: Math.max(atMs, nowMs), order: order++, task };
      heap.push(timer);
      return () => cancelled.add(timer);
    },
    runUntil: async (untilMs) => {
      await settle();
      for (let next = heap.peek(); next !== undefined && next.atMs <= untilMs; next = heap.peek()) {
        heap.pop();
        if (cancelled.delete(next)) continue;
        nowMs = next.atMs;
        if (next.task() !== nothingHappened) await settle();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
};
