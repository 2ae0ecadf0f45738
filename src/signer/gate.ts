/**
 * So many at once, the others in turn. Work that takes longer than it should goes on, but no longer keeps others waiting.
 */
export interface Gate {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export const createGate = (max: number, patienceMs: number): Gate => {
  const waiting: (() => void)[] = [];
  let inside = 0;
  // Whoever leaves hands its place over.
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) inside--;
    else next();
  };
  return {
    async run(work) {
      if (inside < max) inside++;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      let isInside = true;
      const leaveOnce = (): void => {
        if (isInside) leave();
        isInside = false;
      };
      const timer = setTimeout(leaveOnce, patienceMs);
      try {
        return await work();
      } finally {
        clearTimeout(timer);
        leaveOnce();
      }
    },
  };
};
