/**
 * Aggregates and sync contributions, JSON and SSZ: which container a slot has, and strict decoding.
 *
 * The committee agrees on these values as SSZ bytes, so one value must have one encoding: bytes that do not encode back to
 * themselves are refused.
 */
import { equalBytes } from '../bytes.ts';
import type { Slot } from '../ids.ts';
import type { Network, PresetName } from './network.ts';
import { epochOf, forkAt } from './slots.ts';
import { AggregateAndProof, sizedContainers } from './ssz/containers.ts';
import { type JsonReader, jsonReader, readSafeUint } from './ssz/json.ts';

/** What the AggregateAndProof of all forks has in common; from Electra on there are committeeBits too. */
export type AggregateValue = ReturnType<typeof AggregateAndProof.deserialize>;
export type ContributionValue = ReturnType<typeof sizedContainers.mainnet.ContributionAndProof.deserialize>;

interface ValueContainer<Value> {
  deserialize(ssz: Uint8Array): Value;
  serialize(value: Value): Uint8Array;
  hashTreeRoot(value: Value): Uint8Array;
  toJson(value: Value): unknown;
}

interface Shape<Value> {
  readonly name: string;
  readonly container: ValueContainer<Value>;
  readonly read: JsonReader<Value>;
}

const early: Shape<AggregateValue> = {
  name: 'AggregateAndProof',
  container: AggregateAndProof,
  read: jsonReader(AggregateAndProof),
};

const shapesOf = (preset: PresetName) => {
  const { AggregateAndProofElectra, AggregateAndProofGloas, ContributionAndProof } = sizedContainers[preset];
  // The later containers have one field more, which only their own read, hash and encode.
  const electra: unknown = AggregateAndProofElectra;
  const gloas: unknown = AggregateAndProofGloas;
  return {
    electra: {
      name: 'electra AggregateAndProof',
      container: electra as ValueContainer<AggregateValue>,
      read: jsonReader(AggregateAndProofElectra) as JsonReader<AggregateValue>,
    },
    gloas: {
      name: 'gloas AggregateAndProof',
      container: gloas as ValueContainer<AggregateValue>,
      read: jsonReader(AggregateAndProofGloas) as JsonReader<AggregateValue>,
    },
    contribution: {
      name: 'ContributionAndProof',
      container: ContributionAndProof as ValueContainer<ContributionValue>,
      read: jsonReader(ContributionAndProof),
    },
  };
};

const shapes: Readonly<Record<PresetName, ReturnType<typeof shapesOf>>> = {
  mainnet: shapesOf('mainnet'),
  minimal: shapesOf('minimal'),
  gnosis: shapesOf('gnosis'),
};

/** Null for a fork whose shape is not settled. */
const aggregateShape = (network: Network, slot: Slot): Shape<AggregateValue> | null => {
  switch (forkAt(network, epochOf(network, slot)).name) {
    case 'phase0':
    case 'altair':
    case 'bellatrix':
    case 'capella':
    case 'deneb':
      return early;
    case 'electra':
    case 'fulu':
      return shapes[network.preset].electra;
    case 'gloas':
      return shapes[network.preset].gloas;
    case 'heze':
      return null;
  }
};

/** SSZ of the JSON form (beacon-APIs); null for a fork whose shape is not settled. Throws BadJson. */
export const aggregateFromJson = (
  network: Network,
  slot: Slot,
  json: unknown,
  path: string,
): Uint8Array | null => {
  const shape = aggregateShape(network, slot);
  return shape === null ? null : shape.container.serialize(shape.read(json, path));
};

/** The JSON form of the AggregateAndProof; throws as decodeAggregate does. */
export const aggregateJson = (network: Network, slot: Slot, ssz: Uint8Array): unknown => {
  const { shape, value } = openAggregate(network, slot, ssz);
  return shape.container.toJson(value);
};

/** hash_tree_root of the AggregateAndProof; throws as decodeAggregate does. */
export const aggregateRoot = (network: Network, slot: Slot, ssz: Uint8Array): Uint8Array => {
  const { shape, value } = openAggregate(network, slot, ssz);
  return shape.container.hashTreeRoot(value);
};

/** Decodes an AggregateAndProof of that slot. Throws RangeError for other bytes, another slot or an unsettled fork. */
export const decodeAggregate = (network: Network, slot: Slot, ssz: Uint8Array): AggregateValue =>
  openAggregate(network, slot, ssz).value;

const openAggregate = (network: Network, slot: Slot, ssz: Uint8Array) => {
  const shape = aggregateShape(network, slot);
  if (shape === null) throw new RangeError('the aggregate of this fork is not known');
  const value = decode(shape, ssz);
  if (value.aggregate.data.slot !== BigInt(slot)) throw new RangeError('the aggregate is of another slot');
  return { shape, value };
};

/** Reads the JSON form of a ContributionAndProof. Throws BadJson. */
export const contributionFromJson = (network: Network, json: unknown, path: string) => {
  const { container, read } = shapes[network.preset].contribution;
  const value = read(json, path);
  const { slot, subcommitteeIndex } = value.contribution;
  return {
    slot: readSafeUint(slot.toString(), `${path}.contribution.slot`) as Slot,
    subcommittee: readSafeUint(subcommitteeIndex.toString(), `${path}.contribution.subcommittee_index`),
    ssz: container.serialize(value),
  };
};

/** The JSON form of the ContributionAndProof; throws as decodeContribution does. */
export const contributionJson = (
  network: Network,
  slot: Slot,
  subcommittee: number,
  ssz: Uint8Array,
): unknown =>
  shapes[network.preset].contribution.container.toJson(decodeContribution(network, slot, subcommittee, ssz));

/** hash_tree_root of the ContributionAndProof; throws as decodeContribution does. */
export const contributionRoot = (
  network: Network,
  slot: Slot,
  subcommittee: number,
  ssz: Uint8Array,
): Uint8Array =>
  shapes[network.preset].contribution.container.hashTreeRoot(
    decodeContribution(network, slot, subcommittee, ssz),
  );

/** Decodes a ContributionAndProof. Throws RangeError for other bytes, another slot or another subcommittee. */
const decodeContribution = (
  network: Network,
  slot: Slot,
  subcommittee: number,
  ssz: Uint8Array,
): ContributionValue => {
  const value = decode(shapes[network.preset].contribution, ssz);
  if (value.contribution.slot !== BigInt(slot)) throw new RangeError('the contribution is of another slot');
  if (value.contribution.subcommitteeIndex !== BigInt(subcommittee)) {
    throw new RangeError('the contribution is of another subcommittee');
  }
  return value;
};

const decode = <Value>(shape: Shape<Value>, ssz: Uint8Array): Value => {
  const value = deserialize(shape, ssz);
  if (!equalBytes(shape.container.serialize(value), ssz)) {
    throw new RangeError(`not the one SSZ encoding of ${shape.name}`);
  }
  return value;
};

const deserialize = <Value>({ container, name }: Shape<Value>, ssz: Uint8Array): Value => {
  try {
    return container.deserialize(ssz);
  } catch (cause) {
    throw new RangeError(`not SSZ of ${name}`, { cause });
  }
};
