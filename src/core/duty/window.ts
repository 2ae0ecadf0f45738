/**
 * When a duty may be asked and how long it is kept, from the slot alone.
 *
 * Clients ask at very different times: blocks and attestations in their slot, randao up to a slot or more ahead, selection
 * proofs up to two epochs ahead (all of two epochs in Lighthouse, Prysm, Lodestar). Outside its window nothing is signed,
 * for our own client or for a peer: that bounds what a stranger can make us keep.
 */
import type { Network } from '../eth2/network.ts';
import type { Signable } from '../eth2/signable.ts';
import { epochOf, slotStartMs } from '../eth2/slots.ts';
import type { Epoch, Slot } from '../ids.ts';
import type { DecidedRole, ExchangedRole } from './duty.ts';

/** Clocks of operators may differ by this much. ms */
export const clockToleranceMs = 500;
/** Whole slots that a decided duty stays of use after its own slot. */
const slotsKept: Record<DecidedRole, number> = {
  // An attestation still counts a slot or two late; a block, an aggregate or a sync message does not.
  attestation: 3,
  block: 1,
  'sync-message': 1,
  aggregate: 1,
  contribution: 1,
};
/** Epochs ahead of the current one for which clients ask proofs. */
const epochsAhead = 2;

export type WindowVerdict = { readonly type: 'open' | 'too-early' | 'too-late' };
const open: WindowVerdict = { type: 'open' };
const tooEarly: WindowVerdict = { type: 'too-early' };
const tooLate: WindowVerdict = { type: 'too-late' };

const within = (nowMs: number, fromMs: number, untilMs: number): WindowVerdict => {
  if (nowMs < fromMs - clockToleranceMs) return tooEarly;
  return nowMs > untilMs + clockToleranceMs ? tooLate : open;
};

/** Unix ms at which a decided duty is given up and its memory freed. */
export const dutyEndMs = (network: Network, role: DecidedRole, slot: Slot): number =>
  slotStartMs(network, (slot + 1 + slotsKept[role]) as Slot);

export const judgeDecidedWindow = (
  network: Network,
  role: DecidedRole,
  slot: Slot,
  nowMs: number,
): WindowVerdict => within(nowMs, slotStartMs(network, slot), dutyEndMs(network, role, slot));

const firstSlotOf = (network: Network, epoch: number): Slot => (epoch * network.slotsPerEpoch) as Slot;

/** Clients that start within an epoch ask the proofs of all its slots, and take one refusal for the failure of all. */
const lastProofSlotOf = (network: Network, epoch: number): Slot =>
  (firstSlotOf(network, epoch + 1) + 1) as Slot;

/** `slot` as it stands in partial signature messages: the first slot of the epoch for randao. */
export const judgeExchangedWindow = (
  network: Network,
  role: ExchangedRole,
  slot: Slot,
  nowMs: number,
): WindowVerdict => {
  const epoch = epochOf(network, slot);
  switch (role) {
    case 'randao':
      // Vero asks in the slot before. A reveal that is known earlier tells others who proposes well, so it is not given earlier.
      return within(
        nowMs,
        slotStartMs(network, (firstSlotOf(network, epoch) - 2) as Slot),
        slotStartMs(network, firstSlotOf(network, epoch + 1)),
      );
    case 'selection-proof':
    case 'sync-selection-proof':
      return within(
        nowMs,
        slotStartMs(network, firstSlotOf(network, epoch - epochsAhead)),
        slotStartMs(network, lastProofSlotOf(network, epoch)),
      );
    case 'registration':
    case 'exit':
    case 'deposit':
      // These name the slot in which they were sent.
      return within(
        nowMs,
        slotStartMs(network, slot),
        slotStartMs(network, (slot + 2 * network.slotsPerEpoch) as Slot),
      );
  }
};

/** Unix ms until which the partial signatures of an exchanged root are kept for operators that ask later. */
export const exchangeEndMs = (network: Network, role: ExchangedRole, slot: Slot): number => {
  const epoch = epochOf(network, slot);
  switch (role) {
    case 'randao':
      return slotStartMs(network, firstSlotOf(network, epoch + 1)) + clockToleranceMs;
    case 'selection-proof':
    case 'sync-selection-proof':
      return slotStartMs(network, lastProofSlotOf(network, epoch)) + clockToleranceMs;
    case 'registration':
    case 'exit':
    case 'deposit':
      return slotStartMs(network, (slot + 2 * network.slotsPerEpoch) as Slot);
  }
};

/** The slot under which a signable travels in messages; `current` for those that belong to no slot. */
export const wireSlotOf = (network: Network, signable: Signable, current: Slot): Slot => {
  switch (signable.type) {
    case 'randao':
      return firstSlotOf(network, signable.epoch);
    case 'registration':
    case 'exit':
    case 'deposit':
      return current;
    default:
      return signable.slot;
  }
};

/** The epoch of a slot's randao, the inverse of wireSlotOf. */
export const randaoEpochOf = (network: Network, slot: Slot): Epoch => epochOf(network, slot);
