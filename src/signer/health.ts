/**
 * Which of several signers to ask first: in their order, those that lately failed behind those that did not.
 *
 * A signer that fails rests for a while, longer each time in a row, and one whose keys could not be listed stays behind until
 * they can. Nobody is left out: the last resort is still asked.
 */
const REST_MIN_MS = 2000;
const REST_MAX_MS = 60_000;

interface State {
  restUntil: number;
  failuresInARow: number;
  isListed: boolean;
}

export interface Health<Signer> {
  failed(signer: Signer): void;
  signed(signer: Signer): void;
  /** Its keys were asked for. */
  listed(signer: Signer, isUp: boolean): void;
  /** The given ones, best first. */
  order(signers: readonly Signer[]): readonly Signer[];
}

/** `now` in monotonic ms. */
export const createHealth = <Signer>(signers: readonly Signer[], now: () => number): Health<Signer> => {
  const states = new Map<Signer, State>(
    signers.map((signer) => [
      signer,
      { restUntil: Number.NEGATIVE_INFINITY, failuresInARow: 0, isListed: true },
    ]),
  );
  const isUp = (signer: Signer): boolean => {
    const state = states.get(signer);
    return state?.isListed === true && state.restUntil <= now();
  };
  return {
    failed(signer) {
      const state = states.get(signer);
      // Many requests fail together: they are one failure.
      if (state === undefined || state.restUntil > now()) return;
      state.restUntil = now() + Math.min(REST_MAX_MS, REST_MIN_MS * 2 ** state.failuresInARow);
      state.failuresInARow++;
    },
    signed(signer) {
      const state = states.get(signer);
      if (state !== undefined && state.restUntil <= now()) {
        state.failuresInARow = 0;
        state.isListed = true;
      }
    },
    listed(signer, up) {
      const state = states.get(signer);
      if (state !== undefined) state.isListed = up;
    },
    order: (some) => [...some.filter(isUp), ...some.filter((signer) => !isUp(signer))],
  };
};
