/**
 * Time on the chain: slots, epochs, due times, and the fork and domain that hold at an epoch (consensus specs).
 *
 * Domains come from our own network's schedule, never from a request.
 */
import './hasher.ts';
import { digest64 } from '@chainsafe/persistent-merkle-tree';
import { concatBytes, fromHex, toHex } from '../bytes.ts';
import type { DecidedRole } from '../duty/duty.ts';
import type { Epoch, Root, Slot } from '../ids.ts';
import type { DueTimes, Fork, ForkName, Network } from './network.ts';

export const epochOf = (network: Network, slot: Slot): Epoch =>
  Math.floor(slot / network.slotsPerEpoch) as Epoch;

/** First slot of the epoch. */
export const startSlotOf = (network: Network, epoch: Epoch): Slot => (epoch * network.slotsPerEpoch) as Slot;

/** The slot that runs at `nowMs` (Unix time); slot 0 before genesis. */
export const slotAt = (network: Network, nowMs: number): Slot =>
  Math.max(0, Math.floor((nowMs - network.genesisTimeMs) / network.slotMs)) as Slot;

/** Unix time in ms at which the slot starts. */
export const slotStartMs = (network: Network, slot: Slot): number =>
  network.genesisTimeMs + slot * network.slotMs;

const dueName: Readonly<Record<Exclude<DecidedRole, 'block'>, keyof DueTimes>> = {
  attestation: 'attestation',
  'sync-message': 'syncMessage',
  aggregate: 'aggregate',
  contribution: 'contribution',
};

/** Unix time in ms at which a duty of the slot is due (*_DUE_BPS); a block is due when its slot starts. */
export const dueMs = (network: Network, slot: Slot, role: DecidedRole): number => {
  const start = slotStartMs(network, slot);
  if (role === 'block') return start;
  const due = isFrom(network, 'gloas', epochOf(network, slot)) ? network.dueGloas : network.due;
  return start + Math.floor((network.slotMs * due[dueName[role]]) / 10_000);
};

/** The fork that is active at the epoch: the last one that has begun. */
export const forkAt = (network: Network, epoch: Epoch): Fork => {
  for (let at = network.forks.length - 1; at > 0; at--) {
    const fork = network.forks[at];
    if (fork !== undefined && fork.epoch <= epoch) return fork;
  }
  const [genesis] = network.forks;
  if (genesis === undefined) throw new RangeError('a network has at least one fork');
  return genesis;
};

/** True where the named fork is scheduled and has begun at the epoch. */
export const isFrom = (network: Network, name: ForkName, epoch: Epoch): boolean =>
  network.forks.some((fork) => fork.name === name && fork.epoch <= epoch);

/** Domain types (consensus specs, builder specs), 4 bytes each. */
export const domainTypes = {
  beaconProposer: '0x00000000',
  beaconAttester: '0x01000000',
  randao: '0x02000000',
  deposit: '0x03000000',
  voluntaryExit: '0x04000000',
  selectionProof: '0x05000000',
  aggregateAndProof: '0x06000000',
  syncCommittee: '0x07000000',
  syncCommitteeSelectionProof: '0x08000000',
  contributionAndProof: '0x09000000',
  applicationBuilder: '0x00000001',
} as const;

export type DomainType = (typeof domainTypes)[keyof typeof domainTypes];

/** Genesis validators root of what must not depend on the chain: deposits, registrations. */
export const zeroRoot = `0x${'00'.repeat(32)}` as Root;

/** compute_domain: the type, then 28 bytes of the root of { version, genesis validators root }. */
export const computeDomain = (type: DomainType, version: string, genesisValidatorsRoot: Root): Root => {
  const padded = new Uint8Array(32);
  padded.set(fromHex(version, 4));
  const forkDataRoot = digest64(padded, fromHex(genesisValidatorsRoot, 32));
  return toHex(concatBytes(fromHex(type, 4), forkDataRoot.subarray(0, 28))) as Root;
};

/** The domain of a message of that epoch. */
export const domainOf = (network: Network, type: DomainType, epoch: Epoch): Root =>
  computeDomain(type, forkAt(network, epoch).version, network.genesisValidatorsRoot);
