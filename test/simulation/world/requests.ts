/**
 * What validator clients ask: requests for a slot as one client sees the chain. Clients with the same `view` see the same.
 */

import { concatBytes, fromHex, uint64le } from '../../../src/core/bytes.ts';
import type { Network } from '../../../src/core/eth2/network.ts';
import type { Signable } from '../../../src/core/eth2/signable.ts';
import { rootsOf } from '../../../src/core/eth2/signing-root.ts';
import { epochOf } from '../../../src/core/eth2/slots.ts';
import type { Epoch, Root, Slot } from '../../../src/core/ids.ts';
import type { SignRequest } from '../../../src/workflow/sign.ts';

/** A root that stands for a name. */
export const rootOf = (name: number): Root => `0x${name.toString(16).padStart(64, '0')}` as Root;

export const requestOf = (network: Network, signable: Signable): SignRequest => ({
  signable,
  roots: rootsOf(network, signable),
});

export const attestationOf = (network: Network, slot: Slot, view: number): Signable => {
  const target = epochOf(network, slot);
  return {
    type: 'attestation',
    slot,
    index: 0,
    vote: {
      beaconBlockRoot: rootOf(slot * 100 + view),
      source: { epoch: (target - 1) as Epoch, root: rootOf(target - 1) },
      target: { epoch: target, root: rootOf(target) },
    },
  };
};

export const blockOf = (slot: Slot, view: number): Signable => ({
  type: 'block',
  slot,
  header: {
    slot,
    proposerIndex: 7,
    parentRoot: rootOf(slot - 1),
    stateRoot: rootOf(slot * 100 + view),
    bodyRoot: rootOf(slot * 100 + 50 + view),
  },
});

export const syncMessageOf = (slot: Slot, view: number): Signable => ({
  type: 'sync-message',
  slot,
  beaconBlockRoot: rootOf(slot * 100 + view),
});

export const randaoOf = (network: Network, slot: Slot): Signable => ({
  type: 'randao',
  epoch: epochOf(network, slot),
});

/** Contribution and proof of the minimal preset: one byte of aggregation bits. */
export const contributionOf = (slot: Slot, subcommittee: number, bits: number): Signable => ({
  type: 'contribution',
  slot,
  subcommittee,
  ssz: concatBytes(
    uint64le(7),
    uint64le(slot),
    fromHex(rootOf(slot)),
    uint64le(subcommittee),
    Uint8Array.of(bits),
    new Uint8Array(96).fill(1),
    new Uint8Array(96).fill(2),
  ),
});
