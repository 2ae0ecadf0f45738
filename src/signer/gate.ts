/**
 * So many at once, the others in turn.
 */
export interface Gate {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export const createGate = (max: number): Gate => {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return {
    async run(work) {
      if (inside < max) inside++;
      // Whoever leaves hands its place over.
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) inside--;
        else next();
      }
    },
  };
};
