/**
 * What peers have been caught at, as a share of their gossip score. It fades, so that a bug of the past is forgiven.
 */
const perOffence = 40;
/** Bad enough to be told from others, not enough to be cut off from consensus: gossip ignores a peer below -160. */
const most = 120;
const halfLifeMs = 10 * 60_000;
/** Offenders remembered. There are fewer operators than this; strangers come with a new peer id each time. */
const rememberedMax = 1024;

/** `Who` is an operator, or a peer id for those that are none. */
export interface Conduct<Who> {
  blame(who: Who): void;
  /** 0 or below. */
  scoreOf(who: Who): number;
}

export const createConduct = <Who>(now: () => number): Conduct<Who> => {
  const offences = new Map<Who, { readonly points: number; readonly atMs: number }>();
  const pointsOf = (who: Who): number => {
    const known = offences.get(who);
    return known === undefined ? 0 : known.points * 0.5 ** ((now() - known.atMs) / halfLifeMs);
  };
  return {
    blame: (who) => {
      const points = Math.min(most, pointsOf(who) + perOffence);
      offences.delete(who);
      const [oldest] = offences.keys();
      if (offences.size >= rememberedMax && oldest !== undefined) offences.delete(oldest);
      offences.set(who, { points, atMs: now() });
    },
    scoreOf: (who) => -pointsOf(who) || 0,
  };
};
