/**
 * Signatures that were received, by what they sign, so that none is asked for twice.
 *
 * Dirk refuses a root that it has signed before, so an answer is made once, whoever waits for it: a second caller joins the
 * first, and what came after its caller had gone is kept for the next. Failures are not kept. Bounded: the oldest go first.
 */
export interface Kept {
  /** The kept answer, the one under way, or a new one of `make`. */
  once(key: string, make: () => Promise<Uint8Array>): Promise<Uint8Array>;
}

export const createKept = (max: number): Kept => {
  const answers = new Map<string, Promise<Uint8Array>>();
  return {
    once(key, make) {
      const known = answers.get(key);
      if (known !== undefined) return known;
      const made = make();
      answers.set(key, made);
      made.catch(() => answers.delete(key));
      if (answers.size > max) answers.delete(answers.keys().next().value ?? '');
      return made;
    },
  };
};
