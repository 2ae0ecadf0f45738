/**
 * The values that committees decide on, as bytes.
 *
 * attestation: BeaconVote of the SSV spec (wire/beacon-vote.ts). sync-message: the block root, 32 bytes.
 * block: BeaconBlockHeader, 112 bytes. aggregate and contribution: the AggregateAndProof or ContributionAndProof in SSZ.
 * All fixed layouts are plain SSZ; whether an aggregate is well-formed SSZ of its fork is left to the signing root's
 * computation, which decodes it.
 */
import { concatBytes, fromHex, toHex, uint64le } from '../bytes.ts';
import type { BlockHeader, Signable } from '../eth2/signable.ts';
import type { Root, Slot } from '../ids.ts';
import { decodeVote, encodeVote } from '../wire/beacon-vote.ts';
import { isWireError } from '../wire/errors.ts';
import type { DecidedRole, DutyKey } from './duty.ts';

export type DecidedSignable = Extract<Signable, { readonly type: DecidedRole }>;

/** Longest value: an electra AggregateAndProof with all 131072 bits, rounded up. Bytes. */
export const valueBytesMax = 17_408;

const uint64At = (bytes: Uint8Array, at: number): number | null => {
  const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
};
const rootAt = (bytes: Uint8Array, at: number): Root => toHex(bytes.subarray(at, at + 32)) as Root;

export const encodeHeader = (header: BlockHeader): Uint8Array =>
  concatBytes(
    uint64le(header.slot),
    uint64le(header.proposerIndex),
    fromHex(header.parentRoot, 32),
    fromHex(header.stateRoot, 32),
    fromHex(header.bodyRoot, 32),
  );

export const decodeHeader = (bytes: Uint8Array): BlockHeader | null => {
  if (bytes.length !== 112) return null;
  const slot = uint64At(bytes, 0);
  const proposerIndex = uint64At(bytes, 8);
  if (slot === null || proposerIndex === null) return null;
  return {
    slot: slot as Slot,
    proposerIndex,
    parentRoot: rootAt(bytes, 16),
    stateRoot: rootAt(bytes, 48),
    bodyRoot: rootAt(bytes, 80),
  };
};

/** The value that a request puts forward for its duty. */
export const proposedValue = (signable: DecidedSignable): Uint8Array => {
  switch (signable.type) {
    case 'attestation':
      return encodeVote(signable.vote);
    case 'sync-message':
      return fromHex(signable.beaconBlockRoot, 32);
    case 'block':
      return encodeHeader(signable.header);
    case 'aggregate':
    case 'contribution':
      return signable.ssz;
  }
};

/**
 * What a validator signs under a decided value; null where the value is not one of the duty's role at all.
 * `index` is the attestation's committee index (0 from Electra on) and counts for attestations only.
 */
export const signableOf = (duty: DutyKey, value: Uint8Array, index: number): DecidedSignable | null => {
  switch (duty.role) {
    case 'attestation': {
      const vote = decodeVote(value);
      return isWireError(vote) ? null : { type: 'attestation', slot: duty.slot, index, vote };
    }
    case 'sync-message':
      return value.length === 32
        ? { type: 'sync-message', slot: duty.slot, beaconBlockRoot: toHex(value) as Root }
        : null;
    case 'block': {
      const header = decodeHeader(value);
      return header === null ? null : { type: 'block', slot: duty.slot, header };
    }
    case 'aggregate':
      return { type: 'aggregate', slot: duty.slot, ssz: value };
    case 'contribution':
      return { type: 'contribution', slot: duty.slot, subcommittee: duty.subcommittee, ssz: value };
  }
};

/** The fields of an AggregateAndProof that a follower compares; null where it is too short to have them. */
export const aggregateFacts = (
  ssz: Uint8Array,
): {
  readonly aggregatorIndex: number;
  readonly slot: number;
  readonly selectionProof: Uint8Array;
} | null => {
  // aggregator_index 8 | offset of aggregate 4 | selection_proof 96 | aggregate: offset of bits 4 | data (slot first) ...
  if (ssz.length < 108 + 4 + 128 + 96 || new DataView(ssz.buffer, ssz.byteOffset).getUint32(8, true) !== 108)
    return null;
  const aggregatorIndex = uint64At(ssz, 0);
  const slot = uint64At(ssz, 112);
  if (aggregatorIndex === null || slot === null) return null;
  return { aggregatorIndex, slot, selectionProof: ssz.subarray(12, 108) };
};

/** The fields of a ContributionAndProof that a follower compares; all of fixed size, the bits' length by preset. */
export const contributionFacts = (
  ssz: Uint8Array,
): {
  readonly aggregatorIndex: number;
  readonly slot: number;
  readonly subcommittee: number;
  readonly selectionProof: Uint8Array;
} | null => {
  // aggregator_index 8 | slot 8 | block root 32 | subcommittee 8 | bits | signature 96 | selection_proof 96
  if (ssz.length < 56 + 1 + 96 + 96) return null;
  const aggregatorIndex = uint64At(ssz, 0);
  const slot = uint64At(ssz, 8);
  const subcommittee = uint64At(ssz, 48);
  if (aggregatorIndex === null || slot === null || subcommittee === null) return null;
  return { aggregatorIndex, slot, subcommittee, selectionProof: ssz.subarray(ssz.length - 96) };
};
