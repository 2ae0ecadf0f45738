/**
 * Work that goes out in batches: what comes in one turn of the event loop, or while all batches are under way, goes together.
 *
 * What has the same key goes in turn, never twice in one batch: a signer may fail a whole batch that names an account twice.
 */
export interface Batches<Item, Result> {
  /** Rejects as `send` did for its batch. */
  add(item: Item): Promise<Result>;
}

export interface BatchesOptions<Item, Result> {
  keyOf(item: Item): string;
  /** One result for each item, in order. */
  send(items: readonly Item[]): Promise<readonly Result[]>;
  readonly sizeMax: number;
  /** Batches under way at once, but for those that take longer than `patienceMs`. */
  readonly batchesMax: number;
  readonly patienceMs: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export const createBatches = <Item, Result>(options: BatchesOptions<Item, Result>): Batches<Item, Result> => {
  const { keyOf, send, sizeMax, batchesMax, patienceMs } = options;
  let waiting: Waiting<Item, Result>[] = [];
  let isScheduled = false;
  /** The batches that count as under way, by their keys. */
  const underWay = new Set<ReadonlySet<string>>();

  const take = (): readonly Waiting<Item, Result>[] => {
    const [batch, rest]: [Waiting<Item, Result>[], Waiting<Item, Result>[]] = [[], []];
    const keys = new Set([...underWay].flatMap((some) => [...some]));
    for (const one of waiting) {
      const key = keyOf(one.item);
      const fits = batch.length < sizeMax && !keys.has(key);
      keys.add(key);
      (fits ? batch : rest).push(one);
    }
    waiting = rest;
    return batch;
  };
  const run = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await send(batch.map(({ item }) => item));
      for (const [at, { resolve }] of batch.entries()) resolve(results[at] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const start = (batch: readonly Waiting<Item, Result>[]): void => {
    const keys = new Set(batch.map(({ item }) => keyOf(item)));
    underWay.add(keys);
    const leave = (): void => {
      clearTimeout(timer);
      if (underWay.delete(keys)) flush();
    };
    const timer = setTimeout(leave, patienceMs);
    void run(batch).then(leave);
  };
  const flush = (): void => {
    isScheduled = false;
    while (underWay.size < batchesMax && waiting.length > 0) {
      const batch = take();
      // All that waits waits for one of its own key.
      if (batch.length === 0) return;
      start(batch);
    }
  };
  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (!isScheduled) setImmediate(flush);
        isScheduled = true;
      }),
  };
};
