/**
 * Work that goes out in batches: what comes in one turn of the event loop, or while all batches are under way, goes together.
 *
 * No key is twice in one batch: a signer may fail a whole batch that names an account twice.
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
  /** Batches under way at once. */
  readonly batchesMax: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export const createBatches = <Item, Result>(options: BatchesOptions<Item, Result>): Batches<Item, Result> => {
  const { keyOf, send, sizeMax, batchesMax } = options;
  let waiting: Waiting<Item, Result>[] = [];
  let [underWay, isScheduled] = [0, false];

  const take = (): readonly Waiting<Item, Result>[] => {
    const [batch, rest]: [Waiting<Item, Result>[], Waiting<Item, Result>[]] = [[], []];
    const keys = new Set<string>();
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
  const flush = (): void => {
    isScheduled = false;
    while (underWay < batchesMax && waiting.length > 0) {
      underWay++;
      void run(take()).then(() => {
        underWay--;
        flush();
      });
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
