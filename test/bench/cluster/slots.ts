/**
 * When things are asked: at the starts of slots and epochs, as the chain's clients do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Network } from '../../../src/core/eth2/network.ts';
import { renderWeb3Signer } from '../../../src/core/eth2/render.ts';
import { rootsOf } from '../../../src/core/eth2/signing-root.ts';
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { attestationOf } from '../../simulation/world/requests.ts';
import type { Errand } from './clients.ts';

/** Resolves when the slot begins. */
export const untilSlot = (network: Network, slot: Slot): Promise<void> =>
  sleep(Math.max(0, slotStartMs(network, slot) - Date.now()));

export const nextSlot = async (network: Network): Promise<Slot> => {
  const slot = (slotAt(network, Date.now()) + 1) as Slot;
  await untilSlot(network, slot);
  return slot;
};

/** The first slot of the next epoch that begins after so many slots, and one. */
export const epochAfter = (network: Network, slots: number): Slot => {
  const { slotsPerEpoch } = network;
  const earliest = slotAt(network, Date.now()) + slots + 1;
  return (Math.ceil(earliest / slotsPerEpoch) * slotsPerEpoch) as Slot;
};

/** Waits for the first slot of the next epoch: every validator has a vote to give again. */
export const nextEpoch = async (network: Network): Promise<Slot> => {
  const slot = epochAfter(network, 0);
  await untilSlot(network, slot);
  return slot;
};

/** The vote of this slot by each of these, in one body: a vote says nothing of the validator. */
export const attestations = (
  network: Network,
  slot: Slot,
  validators: readonly ValidatorKey[],
): readonly Errand[] => {
  const signable = attestationOf(network, slot, 0);
  const roots = rootsOf(network, signable);
  const body = JSON.stringify(renderWeb3Signer(network, signable, roots));
  return validators.map((validator) => ({ validator, signingRoot: roots.signingRoot, body }));
};
