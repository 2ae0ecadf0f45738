/**
 * What operators have been caught at, as a share of their gossip score. It fades, so that a bug of the past is forgiven.
 */
import type { OperatorId } from '../../core/ids.ts';

const perOffence = 40;
/** Bad enough to be told from others, not enough to be cut off from consensus: gossip ignores a peer below -160. */
const most = 120;
const halfLifeMs = 10 * 60_000;

export interface Conduct {
  blame(operator: OperatorId): void;
  /** 0 or below. */
  scoreOf(operator: OperatorId): number;
}

export const createConduct = (now: () => number): Conduct => {
  const offences = new Map<OperatorId, { readonly points: number; readonly atMs: number }>();
  const pointsOf = (operator: OperatorId): number => {
    const known = offences.get(operator);
    return known === undefined ? 0 : known.points * 0.5 ** ((now() - known.atMs) / halfLifeMs);
  };
  return {
    blame: (operator) => {
      offences.set(operator, { points: Math.min(most, pointsOf(operator) + perOffence), atMs: now() });
    },
    scoreOf: (operator) => -pointsOf(operator) || 0,
  };
};
