import { uint64le } from '../../../src/core/bytes.ts';
import type { DutyKey } from '../../../src/core/duty/duty.ts';
import { type DecidedSignable, proposedValue } from '../../../src/core/duty/value.ts';
import type { ValueContext } from '../../../src/core/duty/value-check.ts';
import type { BlockHeader, Vote } from '../../../src/core/eth2/signable.ts';
import type { Epoch, Slot } from '../../../src/core/ids.ts';
import { createRegistry, simNetworkOf } from '../../simulation/world/cluster.ts';
import { contributionOf, rootOf } from '../../simulation/world/requests.ts';

export const network = simNetworkOf(true);
export const registry = createRegistry(4, 1);
export const [committee] = [...registry.committees.values()];
export const [validator] = [...registry.validators.values()];
export const slot = 800 as Slot;
export const target = 100 as Epoch;

export const dutyOf = (role: DutyKey['role'], at: Slot = slot): DutyKey => ({
  committee: committee?.id as DutyKey['committee'],
  role,
  slot: at,
  validator: role === 'attestation' || role === 'sync-message' ? null : (validator?.key ?? null),
  subcommittee: role === 'contribution' ? 1 : 0,
});

export const context = (more: Partial<ValueContext> = {}): ValueContext => ({
  network,
  strictness: 'strict',
  own: null,
  vouched: true,
  forbidden: () => false,
  ...more,
});

export const vote = (change: Partial<Vote> = {}): Vote => ({
  beaconBlockRoot: rootOf(1),
  source: { epoch: (target - 1) as Epoch, root: rootOf(2) },
  target: { epoch: target, root: rootOf(3) },
  ...change,
});
export const header = (change: Partial<BlockHeader> = {}): BlockHeader => ({
  slot,
  proposerIndex: 7,
  parentRoot: rootOf(1),
  stateRoot: rootOf(2),
  bodyRoot: rootOf(3),
  ...change,
});
export const ownVote: DecidedSignable = { type: 'attestation', slot, index: 3, vote: vote() };
export const ownBlock: DecidedSignable = { type: 'block', slot, header: header() };

/** AggregateAndProof with one byte of bits, electra layout. */
export const aggregate = (
  change: { slot?: number; aggregator?: number; proof?: number } = {},
): Uint8Array => {
  const bytes = new Uint8Array(108 + 4 + 128 + 96 + 8 + 1);
  bytes.set(uint64le(change.aggregator ?? 7), 0);
  new DataView(bytes.buffer).setUint32(8, 108, true);
  bytes.fill(change.proof ?? 4, 12, 108);
  bytes.set(uint64le(change.slot ?? slot), 112);
  return bytes;
};
export const ownAggregate: DecidedSignable = { type: 'aggregate', slot, ssz: aggregate() };
export const contribution = (at: number, subcommittee: number, bits = 1): Uint8Array =>
  proposedValue(contributionOf(at as Slot, subcommittee, bits) as DecidedSignable);
export const ownContribution = contributionOf(slot, 1, 3) as DecidedSignable;
export const changed = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};
