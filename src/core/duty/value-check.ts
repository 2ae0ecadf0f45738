/**
 * What a follower checks of a proposed value without a beacon node. This is the security argument of a signer that sees
 * only requests:
 *
 * 1. Domains are computed by us, from our own network's fork schedule, so a value can only become a signature on our chain.
 * 2. The duty's slot lies in its window (window.ts), and the value is of that slot: an attestation's target is the epoch of
 *    the slot, a header's and an aggregate's slot are the duty's. A value of another time cannot be smuggled into a duty.
 * 3. Where our own validator client has asked, what it cannot have chosen freely must be equal: source and target of a vote
 *    (epochs and roots when strict, epochs when lenient), proposer and aggregator index, selection proof. What clients
 *    legitimately differ in (head root, block body, aggregation bits) is the leader's choice.
 * 4. Where our client has not asked, the value needs voices of f + 1 other operators before we lend ours, so that at least
 *    one honest operator's client asked for it. (Counted by the workflow, see `vouched`.)
 * 5. A vote or header that our slashing protection forbids for every validator we would sign it for is refused here
 *    already; one that is forbidden for some is refused for those when it is recorded, before signing.
 *
 * What this cannot see: whether a block root exists or a body is valid. A wrong but unslashable vote costs its reward; the
 * leader that proposed it is named in the logs, and our client, which asked for something else, gets an error.
 */
import { equalBytes } from '../bytes.ts';
import type { Network } from '../eth2/network.ts';
import type { Checkpoint, Vote } from '../eth2/signable.ts';
import { epochOf } from '../eth2/slots.ts';
import { decodeVote } from '../wire/beacon-vote.ts';
import { isWireError } from '../wire/errors.ts';
import type { DutyKey } from './duty.ts';
import {
  aggregateFacts,
  contributionFacts,
  type DecidedSignable,
  decodeHeader,
  valueBytesMax,
} from './value.ts';

export type Strictness = 'strict' | 'lenient';

export interface ValueContext {
  readonly network: Network;
  readonly strictness: Strictness;
  /** What our own client asked for this duty, or null. Any one of its requests: they agree in what is compared here. */
  readonly own: DecidedSignable | null;
  /** f + 1 other operators have spoken for this value (for per-validator duties: for this duty). */
  readonly vouched: boolean;
  /** True where slashing protection forbids this value for every validator we would sign it for. */
  readonly forbidden: (value: Uint8Array) => boolean;
}

export type ValueVerdict =
  | { readonly type: 'acceptable' }
  /** May become acceptable: our client has not asked and too few others have spoken. */
  | { readonly type: 'pending' }
  | { readonly type: 'unacceptable'; readonly why: string };

const no = (why: string): ValueVerdict => ({ type: 'unacceptable', why });

const sameCheckpoint = (a: Checkpoint, b: Checkpoint, strictness: Strictness): boolean =>
  a.epoch === b.epoch && (strictness === 'lenient' || a.root === b.root);

const checkVote = (duty: DutyKey, vote: Vote, context: ValueContext): string | null => {
  if (vote.target.epoch !== epochOf(context.network, duty.slot))
    return 'the target is not the epoch of the slot';
  if (vote.source.epoch > vote.target.epoch) return 'the source is after the target';
  // Only at genesis are both of epoch 0; everywhere else the SSV rule holds: source before target.
  if (vote.source.epoch === vote.target.epoch && vote.target.epoch !== 0)
    return 'the source is not before the target';
  if (context.own?.type !== 'attestation') return null;
  if (!sameCheckpoint(vote.source, context.own.vote.source, context.strictness))
    return 'the source differs from what our client sees';
  if (!sameCheckpoint(vote.target, context.own.vote.target, context.strictness))
    return 'the target differs from what our client sees';
  return null;
};

const checkAggregate = (duty: DutyKey, value: Uint8Array, context: ValueContext): string | null => {
  const facts = aggregateFacts(value);
  if (facts === null) return 'not an aggregate and proof';
  if (facts.slot !== duty.slot) return 'the aggregate is of another slot';
  if (context.own?.type !== 'aggregate') return null;
  const own = aggregateFacts(context.own.ssz);
  if (own === null || own.aggregatorIndex !== facts.aggregatorIndex)
    return 'the aggregator index differs from what our client sent';
  return equalBytes(own.selectionProof, facts.selectionProof)
    ? null
    : 'the selection proof differs from what our client sent';
};

const checkContribution = (duty: DutyKey, value: Uint8Array, context: ValueContext): string | null => {
  const facts = contributionFacts(value);
  if (facts === null) return 'not a contribution and proof';
  if (facts.slot !== duty.slot) return 'the contribution is of another slot';
  if (facts.subcommittee !== duty.subcommittee) return 'the contribution is of another subcommittee';
  if (context.own?.type !== 'contribution') return null;
  const own = contributionFacts(context.own.ssz);
  if (own === null || own.aggregatorIndex !== facts.aggregatorIndex)
    return 'the aggregator index differs from what our client sent';
  return equalBytes(own.selectionProof, facts.selectionProof)
    ? null
    : 'the selection proof differs from what our client sent';
};

const findFault = (duty: DutyKey, value: Uint8Array, context: ValueContext): string | null => {
  switch (duty.role) {
    case 'attestation': {
      const vote = decodeVote(value);
      return isWireError(vote) ? 'not a vote' : checkVote(duty, vote, context);
    }
    case 'sync-message':
      return value.length === 32 ? null : 'not a block root';
    case 'block': {
      const header = decodeHeader(value);
      if (header === null) return 'not a block header';
      if (header.slot !== duty.slot) return 'the block is of another slot';
      if (context.own?.type !== 'block') return null;
      return header.proposerIndex === context.own.header.proposerIndex
        ? null
        : 'the proposer differs from what our client sent';
    }
    case 'aggregate':
      return checkAggregate(duty, value, context);
    case 'contribution':
      return checkContribution(duty, value, context);
  }
};

export const checkValue = (duty: DutyKey, value: Uint8Array, context: ValueContext): ValueVerdict => {
  if (value.length === 0 || value.length > valueBytesMax) return no('the value is empty or too long');
  const fault = findFault(duty, value, context);
  if (fault !== null) return no(fault);
  if (context.forbidden(value)) return no('slashing protection forbids it');
  return context.own !== null || context.vouched ? { type: 'acceptable' } : { type: 'pending' };
};
