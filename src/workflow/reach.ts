/**
 * Which operators are there: those that we are connected to, and those whose words others pass on to us.
 *
 * A leader that is gone is given up within milliseconds (round-clock.ts). One to which only the link is down goes on, heard by the
 * others, who need us for a quorum as soon as another operator fails: giving it up would leave its rounds without one.
 */
import type { OperatorId } from '../core/ids.ts';
import type { Clock, Peers } from './ports.ts';

/** What comes later than this after a connection was lost was said after it: gossip repairs what it missed within seconds. ms */
const afterLossMs = 3_000;
/** An operator that was heard through others so lately is there. ms */
const lastingMs = 60_000;

export interface Reach {
  /** A word of this operator came in that its key signed, whoever passed it on. */
  heard(operator: OperatorId): void;
  /** The connection to it is gone. */
  lost(operator: OperatorId): void;
  isThere(operator: OperatorId): boolean;
}

export const createReach = (clock: Clock, peers: Pick<Peers, 'isConnected'>): Reach => {
  const startedMs = clock.now();
  const lostMs = new Map<OperatorId, number>();
  /** When we last heard of operators through others. */
  const heardMs = new Map<OperatorId, number>();
  return {
    heard: (operator) => {
      const nowMs = clock.now();
      if (nowMs > (lostMs.get(operator) ?? startedMs) + afterLossMs) heardMs.set(operator, nowMs);
    },
    lost: (operator) => {
      lostMs.set(operator, clock.now());
      heardMs.delete(operator);
    },
    isThere: (operator) =>
      peers.isConnected(operator) ||
      (heardMs.get(operator) ?? Number.NEGATIVE_INFINITY) > clock.now() - lastingMs,
  };
};
