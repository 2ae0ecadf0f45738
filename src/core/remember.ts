/**
 * A bounded cache: remembers the answers that were asked for last.
 *
 * Only for values that can be computed again; it changes what an answer costs, never the answer.
 */

/** `compute` with a memory of `capacity` keys; the one that was not asked for longest goes first. */
export const remember = <Value>(
  capacity: number,
  compute: (key: string) => Value,
): ((key: string) => Value) => {
  // A Map iterates in the order of insertion, so a key that is taken out and put back becomes the youngest.
  const known = new Map<string, Value>();
  return (key) => {
    if (known.has(key)) {
      const value = known.get(key) as Value;
      known.delete(key);
      known.set(key, value);
      return value;
    }
    const value = compute(key);
    known.set(key, value);
    if (known.size > capacity) {
      for (const oldest of known.keys()) {
        known.delete(oldest);
        break;
      }
    }
    return value;
  };
};
