/**
 * When a node that starts may sign votes and blocks: the rule, as a function of what is known. Argument and limits are in
 * src/README.md under Decided history.
 *
 *     asking     fewer than a quorum of the committee, this node included, have told what they remember.
 *     settling   the database was lost or may be old, and the committee has a past. What this node signed just before it stopped may
 *                still be on its way to a certificate: once those duties have ended, a quorum is asked again.
 *     caught up  with a floor, where the database was lost or may be old and the committee has a past: nothing up to the epoch and
 *                slot of the start is ever signed, so no vote or block from before can be contradicted by a second one.
 *
 * A committee without a past (nobody among a quorum can show one decision) is new, and its nodes start at once. Answers of
 * nodes that have themselves not caught up count: they are honest about what they remember, and the argument counts memories.
 */
import type { Network } from '../eth2/network.ts';
import { epochOf } from '../eth2/slots.ts';
import type { Epoch, OperatorId, Slot } from '../ids.ts';
import type { Committee } from '../registry/committee.ts';

/**
 * new: the slashing database was made at this start. old: it may be a restored copy, or what it holds was never completed.
 * recent: it goes on where it stopped.
 */
export type Memory = 'new' | 'old' | 'recent';

/** What a node that has caught up writes down in every slot, in another file than its slashing database. */
export interface Mark {
  readonly slot: Slot;
  /** The newest slot in whose consensus this operator had spoken by then, as the slashing database knows. */
  readonly spoken: Slot | null;
}

/** What a node finds when it starts. */
export interface Traces {
  /** The slashing database was made at this start. */
  readonly isNew: boolean;
  /** null: none, or it was taken back as the node had not caught up. */
  readonly mark: Mark | null;
  /** As the slashing database knows now. */
  readonly spoken: Slot | null;
}

/** A node that was away for longer than an epoch may be a copy of itself. */
export const memoryOf = (network: Network, { isNew, mark, spoken }: Traces, current: Slot): Memory => {
  if (isNew) return 'new';
  // Never caught up, or the file with the mark is lost.
  if (mark === null) return 'old';
  // The database is older than the mark: a copy was put in its place.
  if ((spoken ?? -1) < (mark.spoken ?? -1)) return 'old';
  const age = current - mark.slot;
  // From ahead of now: then or now the clock is wrong.
  return age >= -1 && age <= network.slotsPerEpoch ? 'recent' : 'old';
};

/** Nothing up to these is signed, but what is recorded already. */
export interface Floor {
  readonly epoch: Epoch;
  readonly slot: Slot;
}

/** Slots after the start by whose end no duty from before is running: an attestation is kept for three after its own. */
const settleSlots = 5;

export interface Known {
  readonly committee: Committee;
  readonly self: OperatorId;
  readonly memory: Memory;
  /** The slot in which the node started. */
  readonly startSlot: Slot;
  /** A verified decision of a slot up to the start was seen, or slashing protection already held something. */
  readonly hasPast: boolean;
  /** Operators that answered in full since the start. */
  readonly answered: ReadonlySet<OperatorId>;
  /** Operators that answered in full what was asked after the settling time. */
  readonly settled: ReadonlySet<OperatorId>;
}

export type Standing =
  | {
      readonly type: 'asking' | 'settling';
      /** Operators heard in this phase, this node included. */
      readonly have: number;
      readonly need: number;
      readonly missing: readonly OperatorId[];
    }
  | { readonly type: 'caught-up'; readonly floor: Floor | null };

const phase = (type: 'asking' | 'settling', known: Known, heard: ReadonlySet<OperatorId>): Standing => ({
  type,
  have: countHeard(known, heard),
  need: known.committee.quorum,
  missing: known.committee.operators.filter((operator) => operator !== known.self && !heard.has(operator)),
});

const countHeard = ({ committee, self }: Known, heard: ReadonlySet<OperatorId>): number =>
  committee.operators.filter((operator) => operator === self || heard.has(operator)).length;

/** The first slot in which what was signed before the start can no longer change. */
export const settledFrom = (startSlot: Slot): Slot => (startSlot + settleSlots) as Slot;

export const standingOf = (network: Network, known: Known): Standing => {
  const { committee, memory, startSlot } = known;
  if (countHeard(known, known.answered) < committee.quorum) return phase('asking', known, known.answered);
  if (memory === 'recent' || !known.hasPast) return { type: 'caught-up', floor: null };
  if (countHeard(known, known.settled) < committee.quorum) return phase('settling', known, known.settled);
  return { type: 'caught-up', floor: { epoch: epochOf(network, startSlot), slot: startSlot } };
};
