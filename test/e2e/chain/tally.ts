/**
 * What was due against what is on the chain, epoch by epoch. Values in, values out.
 *
 * An attestation counts if its validator's bit is set in an attestation for its slot and committee in any block up to the
 * end of its inclusion window (one epoch, Capella). A sync duty counts per seat and slot: what is signed in slot s shows as
 * bits in the block of s + 1; where that block is missing nothing is counted. Aggregates
 * and contributions leave no trace of who signed them, so they are counted in the validator clients' logs.
 */
import { slotsPerEpoch } from '../options.ts';
import type { AttesterDuty, Block, EpochDuties } from './beacon-api.ts';

export interface Count {
  readonly due: number;
  readonly done: number;
}

export interface EpochTally {
  readonly epoch: number;
  readonly attestations: Count;
  readonly blocks: Count;
  readonly sync: Count;
  readonly aggregates: Count;
  readonly contributions: Count;
  /** A line for each duty that is not on the chain, for the report. */
  readonly missed: readonly string[];
}

/** True if some validator client got this signature; see signature-log.ts for the names. */
export type SignatureSeen = (name: string) => boolean;

const minimalSyncSubcommitteeSize = 8;

/** Bit i of an SSZ bitlist or bitvector in 0x-hex; a bitlist's length bit is above every index that is asked for. */
export const bitAt = (hex: string, index: number): boolean => {
  const byte = Number.parseInt(hex.slice(2 + 2 * (index >> 3), 4 + 2 * (index >> 3)), 16);
  return !Number.isNaN(byte) && ((byte >> (index & 7)) & 1) === 1;
};

/** Canonical blocks by slot; a slot without a block is absent. */
export type Blocks = ReadonlyMap<number, Block>;

const isIncluded = (duty: AttesterDuty, blocks: Blocks): boolean => {
  for (let slot = duty.slot + 1; slot <= duty.slot + slotsPerEpoch; slot++) {
    for (const { data, aggregation_bits } of blocks.get(slot)?.body.attestations ?? []) {
      const matches = Number(data.slot) === duty.slot && Number(data.index) === duty.committeeIndex;
      if (matches && bitAt(aggregation_bits, duty.position)) return true;
    }
  }
  return false;
};

/** Who signs in this slot: the members of the next slot's committee, which is another one at the end of a period. */
const membersIn = (slot: number, duties: EpochDuties, next: EpochDuties | undefined): EpochDuties['sync'] =>
  (Math.floor((slot + 1) / slotsPerEpoch) === duties.epoch ? duties : next)?.sync ?? [];

const slotsOf = ({ epoch }: EpochDuties): number[] =>
  Array.from({ length: slotsPerEpoch }, (_, i) => epoch * slotsPerEpoch + i);

const tallySync = (duties: EpochDuties, next: EpochDuties | undefined, blocks: Blocks): Count => {
  let due = 0;
  let done = 0;
  for (const slot of slotsOf(duties)) {
    const bits = blocks.get(slot + 1)?.body.sync_aggregate.sync_committee_bits;
    if (bits === undefined) continue;
    const seats = membersIn(slot, duties, next).flatMap(({ positions }) => positions);
    due += seats.length;
    done += seats.filter((seat) => bitAt(bits, seat)).length;
  }
  return { due, done };
};

/** Who aggregates is decided by a hash modulo committee length / 16; at lengths below 32 everybody does. */
const mustAggregate = (duty: AttesterDuty): boolean => duty.committeeLength < 32;

const tallyContributions = (
  duties: EpochDuties,
  next: EpochDuties | undefined,
  seen: SignatureSeen,
): Count => {
  let due = 0;
  let done = 0;
  for (const slot of slotsOf(duties)) {
    for (const { validator, positions } of membersIn(slot, duties, next)) {
      const subcommittees = new Set(positions.map((seat) => Math.floor(seat / minimalSyncSubcommitteeSize)));
      due += subcommittees.size;
      done += [...subcommittees].filter((index) => seen(`contribution/${slot}/${validator}/${index}`)).length;
    }
  }
  return { due, done };
};

/** `next`: the duties of the epoch after, which has the sync committee of the last slot's signatures. */
export const tallyEpoch = (
  duties: EpochDuties,
  next: EpochDuties | undefined,
  blocks: Blocks,
  seen: SignatureSeen,
): EpochTally => {
  const lost = duties.attesters.filter((duty) => !isIncluded(duty, blocks));
  const notProposed = duties.proposers.filter(
    ({ slot, validator }) => Number(blocks.get(slot)?.proposer_index ?? -1) !== validator,
  );
  const aggregators = duties.attesters.filter(mustAggregate);
  const aggregated = aggregators.filter(({ slot, validator }) => seen(`aggregate/${slot}/${validator}`));
  return {
    epoch: duties.epoch,
    attestations: { due: duties.attesters.length, done: duties.attesters.length - lost.length },
    blocks: { due: duties.proposers.length, done: duties.proposers.length - notProposed.length },
    sync: tallySync(duties, next, blocks),
    aggregates: { due: aggregators.length, done: aggregated.length },
    contributions: tallyContributions(duties, next, seen),
    missed: [
      ...lost.map(({ slot, validator }) => `attestation of validator ${validator} in slot ${slot}`),
      ...notProposed.map(({ slot, validator }) => `block of validator ${validator} in slot ${slot}`),
    ],
  };
};
