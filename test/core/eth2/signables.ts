/**
 * Arbitrary signables of every type on a network, for properties.
 */
import { BitArray } from '@chainsafe/ssz';
import fc from 'fast-check';
import { fromHex, toHex } from '../../../src/core/bytes.ts';
import type { Network } from '../../../src/core/eth2/network.ts';
import type { Signable } from '../../../src/core/eth2/signable.ts';
import { epochOf, isFrom } from '../../../src/core/eth2/slots.ts';
import { AggregateAndProof, sizedContainers } from '../../../src/core/eth2/ssz/containers.ts';
import type { Epoch, Root, Slot, ValidatorKey } from '../../../src/core/ids.ts';

const record = <Model extends object>(model: { [Key in keyof Model]: fc.Arbitrary<Model[Key]> }) =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<Model>;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hex = (length: number) => bytes(length).map(toHex);
const root = hex(32) as fc.Arbitrary<Root>;
const key = hex(48) as fc.Arbitrary<ValidatorKey>;
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const index = fc.nat({ max: 2 ** 40 }) as fc.Arbitrary<number>;
const bitsUpTo = (max: number) =>
  fc.array(fc.boolean(), { maxLength: max }).map((bits) => BitArray.fromBoolArray(bits));
const bitsOf = (length: number) =>
  fc
    .array(fc.boolean(), { minLength: length, maxLength: length })
    .map((bits) => BitArray.fromBoolArray(bits));

/** Slots of every fork of `everyFork` up to Gloas. */
export const slotArbitrary = (network: Network): fc.Arbitrary<Slot> =>
  fc.nat({ max: 80 * network.slotsPerEpoch - 1 }) as fc.Arbitrary<Slot>;

const checkpoint = record({ epoch: fc.nat({ max: 79 }) as unknown as fc.Arbitrary<Epoch>, root });
const vote = record({ beaconBlockRoot: root, source: checkpoint, target: checkpoint });

const aggregate = (network: Network): fc.Arbitrary<Signable> =>
  record({
    slot: slotArbitrary(network),
    vote,
    aggregatorIndex: uint64,
    proof: bytes(96),
    signature: bytes(96),
  }).chain(({ slot, vote: given, aggregatorIndex, proof, signature }) => {
    const sized = sizedContainers[network.preset];
    const epoch = epochOf(network, slot);
    const committees = network.preset === 'minimal' ? 4 : 64;
    return record({ aggregationBits: bitsUpTo(300), committeeBits: bitsOf(committees) }).map((bits) => {
      const data = {
        slot: BigInt(slot),
        index: 0n,
        beaconBlockRoot: fromHex(given.beaconBlockRoot),
        source: { epoch: BigInt(given.source.epoch), root: fromHex(given.source.root) },
        target: { epoch: BigInt(given.target.epoch), root: fromHex(given.target.root) },
      };
      const value = { aggregatorIndex, aggregate: { ...bits, data, signature }, selectionProof: proof };
      const ssz = isFrom(network, 'gloas', epoch)
        ? sized.AggregateAndProofGloas.serialize(value)
        : isFrom(network, 'electra', epoch)
          ? sized.AggregateAndProofElectra.serialize(value)
          : AggregateAndProof.serialize(value);
      return { type: 'aggregate', slot, ssz };
    });
  });

const contribution = (network: Network): fc.Arbitrary<Signable> => {
  const { ContributionAndProof, syncCommitteeSize } = sizedContainers[network.preset];
  return record({
    slot: slotArbitrary(network),
    subcommittee: fc.nat({ max: 3 }),
    blockRoot: bytes(32),
    aggregationBits: bitsOf(syncCommitteeSize / 4),
    signature: bytes(96),
    aggregatorIndex: uint64,
    selectionProof: bytes(96),
  }).map(
    ({ slot, subcommittee, blockRoot, aggregationBits, signature, aggregatorIndex, selectionProof }) => ({
      type: 'contribution',
      slot,
      subcommittee,
      ssz: ContributionAndProof.serialize({
        aggregatorIndex,
        selectionProof,
        contribution: {
          slot: BigInt(slot),
          beaconBlockRoot: blockRoot,
          subcommitteeIndex: BigInt(subcommittee),
          aggregationBits,
          signature,
        },
      }),
    }),
  );
};

/** One arbitrary per type. */
export const signableArbitraries = (
  network: Network,
): Readonly<Record<Signable['type'], fc.Arbitrary<Signable>>> => {
  const slot = slotArbitrary(network);
  const epoch = fc.nat({ max: 79 }) as unknown as fc.Arbitrary<Epoch>;
  const subcommittee = fc.nat({ max: 3 });
  return {
    attestation: record({ type: fc.constant('attestation'), slot, index: fc.nat({ max: 63 }), vote }),
    block: record({ slot, proposerIndex: index, parentRoot: root, stateRoot: root, bodyRoot: root }).map(
      (header) => ({ type: 'block', slot: header.slot, header }),
    ),
    aggregate: aggregate(network),
    contribution: contribution(network),
    'sync-message': record({ type: fc.constant('sync-message'), slot, beaconBlockRoot: root }),
    randao: record({ type: fc.constant('randao'), epoch }),
    'selection-proof': record({ type: fc.constant('selection-proof'), slot }),
    'sync-selection-proof': record({ type: fc.constant('sync-selection-proof'), slot, subcommittee }),
    registration: record({
      type: fc.constant('registration'),
      feeRecipient: hex(20),
      gasLimit: uint64,
      timestamp: fc.nat({ max: 2 ** 40 }) as fc.Arbitrary<number>,
      validator: key,
    }),
    exit: record({ type: fc.constant('exit'), epoch, validatorIndex: index }),
    deposit: record({
      type: fc.constant('deposit'),
      validator: key,
      withdrawalCredentials: root,
      amountGwei: uint64,
      genesisForkVersion: fc.constant(network.genesisForkVersion),
    }),
  };
};
