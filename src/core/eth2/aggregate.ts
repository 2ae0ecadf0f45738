/**
 * Aggregates and sync contributions as bytes: which container a slot has, and strict decoding.
 *
 * The committee agrees on these values as SSZ bytes, so one value must have one encoding: bytes that do not encode back to
 * themselves are refused.
 */
import { equalBytes } from '../bytes.ts';
import type { Slot } from '../ids.ts';
import { AggregateAndProof, sizedContainers } from './containers.ts';
import type { Network } from './network.ts';
import { epochOf, forkAt } from './slots.ts';

/** What is common to the AggregateAndProof of all forks; committeeBits from Electra on. */
export type AggregateValue = ReturnType<typeof AggregateAndProof.deserialize>;

export interface ValueContainer<Value> {
  deserialize(ssz: Uint8Array): Value;
  serialize(value: Value): Uint8Array;
  hashTreeRoot(value: Value): Uint8Array;
  toJson(value: Value): unknown;
}

/** The container of the slot's fork; null for a fork whose shape is not settled. */
export const aggregateContainer = (network: Network, slot: Slot): ValueContainer<AggregateValue> | null => {
  const { name } = forkAt(network, epochOf(network, slot));
  const sized = sizedContainers[network.preset];
  switch (name) {
    case 'phase0':
    case 'altair':
    case 'bellatrix':
    case 'capella':
    case 'deneb':
      return AggregateAndProof;
    case 'electra':
    case 'fulu':
      return sized.AggregateAndProofElectra as unknown as ValueContainer<AggregateValue>;
    case 'gloas':
      return sized.AggregateAndProofGloas as unknown as ValueContainer<AggregateValue>;
    case 'heze':
      return null;
  }
};

/** Decodes an AggregateAndProof of that slot. Throws RangeError for other bytes, another slot or an unsettled fork. */
export const decodeAggregate = (network: Network, slot: Slot, ssz: Uint8Array): AggregateValue =>
  openAggregate(network, slot, ssz).value;

/** hash_tree_root of the AggregateAndProof; throws as decodeAggregate does. */
export const aggregateRoot = (network: Network, slot: Slot, ssz: Uint8Array): Uint8Array => {
  const { container, value } = openAggregate(network, slot, ssz);
  return container.hashTreeRoot(value);
};

/** The JSON form (beacon-APIs) of the AggregateAndProof; throws as decodeAggregate does. */
export const aggregateJson = (network: Network, slot: Slot, ssz: Uint8Array): unknown => {
  const { container, value } = openAggregate(network, slot, ssz);
  return container.toJson(value);
};

const openAggregate = (network: Network, slot: Slot, ssz: Uint8Array) => {
  const container = aggregateContainer(network, slot);
  if (container === null) throw new RangeError('the aggregate of this fork is not known');
  const value = decode(container, ssz, 'AggregateAndProof');
  if (value.aggregate.data.slot !== BigInt(slot)) throw new RangeError('the aggregate is of another slot');
  return { container, value };
};

export const contributionContainer = (network: Network) =>
  sizedContainers[network.preset].ContributionAndProof;

export type ContributionValue = ReturnType<ReturnType<typeof contributionContainer>['deserialize']>;

/** Decodes a ContributionAndProof. Throws RangeError for other bytes, another slot or another subcommittee. */
export const decodeContribution = (
  network: Network,
  slot: Slot,
  subcommittee: number,
  ssz: Uint8Array,
): ContributionValue => {
  const value = decode(contributionContainer(network), ssz, 'ContributionAndProof');
  if (value.contribution.slot !== BigInt(slot)) throw new RangeError('the contribution is of another slot');
  if (value.contribution.subcommitteeIndex !== BigInt(subcommittee)) {
    throw new RangeError('the contribution is of another subcommittee');
  }
  return value;
};

/** hash_tree_root of the ContributionAndProof; throws as decodeContribution does. */
export const contributionRoot = (
  network: Network,
  slot: Slot,
  subcommittee: number,
  ssz: Uint8Array,
): Uint8Array =>
  contributionContainer(network).hashTreeRoot(decodeContribution(network, slot, subcommittee, ssz));

const decode = <Value>(container: ValueContainer<Value>, ssz: Uint8Array, name: string): Value => {
  const value = deserialize(container, ssz, name);
  if (!equalBytes(container.serialize(value), ssz))
    throw new RangeError(`not the one SSZ encoding of ${name}`);
  return value;
};

const deserialize = <Value>(container: ValueContainer<Value>, ssz: Uint8Array, name: string): Value => {
  try {
    return container.deserialize(ssz);
  } catch (cause) {
    throw new RangeError(`not SSZ of ${name}`, { cause });
  }
};
