/**
 * SSZ containers of what validators sign (consensus specs phase0 to gloas, builder specs for registrations).
 *
 * Built here and not taken from @lodestar/types, whose sizes are fixed by an environment variable when it is loaded: one
 * process may serve networks of different presets. Tests compare roots with @lodestar/types. Every uint64 is a bigint.
 * No type caches roots on its values, so a value may be built in any way; full blocks are left to blocks.ts.
 */
import '../hasher.ts';
import {
  BitListType,
  BitVectorType,
  ByteVectorType,
  ContainerType,
  ProgressiveBitListType,
  ProgressiveContainerType,
  type Type,
  UintBigintType,
} from '@chainsafe/ssz';
import type { PresetName } from '../network.ts';

export const Uint64 = new UintBigintType(8);
export const Bytes20 = new ByteVectorType(20);
export const Bytes32 = new ByteVectorType(32);
export const Bytes48 = new ByteVectorType(48);
export const Bytes96 = new ByteVectorType(96);

const json = { jsonCase: 'eth2' } as const;

export const Checkpoint = new ContainerType({ epoch: Uint64, root: Bytes32 }, json);

export const AttestationData = new ContainerType(
  { slot: Uint64, index: Uint64, beaconBlockRoot: Bytes32, source: Checkpoint, target: Checkpoint },
  json,
);

export const BeaconBlockHeader = new ContainerType(
  { slot: Uint64, proposerIndex: Uint64, parentRoot: Bytes32, stateRoot: Bytes32, bodyRoot: Bytes32 },
  json,
);

export const VoluntaryExit = new ContainerType({ epoch: Uint64, validatorIndex: Uint64 }, json);

export const DepositMessage = new ContainerType(
  { pubkey: Bytes48, withdrawalCredentials: Bytes32, amount: Uint64 },
  json,
);

export const SyncAggregatorSelectionData = new ContainerType(
  { slot: Uint64, subcommitteeIndex: Uint64 },
  json,
);

/** Builder specs; 84 bytes. */
export const ValidatorRegistration = new ContainerType(
  { feeRecipient: Bytes20, gasLimit: Uint64, timestamp: Uint64, pubkey: Bytes48 },
  json,
);

/** MAX_VALIDATORS_PER_COMMITTEE, the same in every preset. */
const committeeSizeMax = 2048;

const attestationFields = <Bits extends BitListType | ProgressiveBitListType>(bits: Bits) => ({
  aggregationBits: bits,
  data: AttestationData,
  signature: Bytes96,
});

const aggregateAndProof = <Aggregate extends Type<unknown>>(aggregate: Aggregate) => ({
  aggregatorIndex: Uint64,
  aggregate,
  selectionProof: Bytes96,
});

/** Before Electra; the same in every preset. */
export const Attestation = new ContainerType(attestationFields(new BitListType(committeeSizeMax)), json);
export const AggregateAndProof = new ContainerType(aggregateAndProof(Attestation), json);

/** SYNC_COMMITTEE_SUBNET_COUNT. */
export const subcommittees = 4;

/** The containers whose limits depend on the preset. */
const buildSized = (committeesPerSlot: number, syncCommitteeSize: number) => {
  const bitsMax = committeeSizeMax * committeesPerSlot;
  const committeeBits = new BitVectorType(committeesPerSlot);
  const SyncContribution = new ContainerType(
    {
      slot: Uint64,
      beaconBlockRoot: Bytes32,
      subcommitteeIndex: Uint64,
      aggregationBits: new BitVectorType(syncCommitteeSize / subcommittees),
      signature: Bytes96,
    },
    json,
  );
  const AttestationElectra = new ContainerType(
    { ...attestationFields(new BitListType(bitsMax)), committeeBits },
    json,
  );
  const AttestationGloas = new ProgressiveContainerType(
    {
      ...attestationFields(new ProgressiveBitListType({ typeName: 'AggregationBits', limit: bitsMax })),
      committeeBits,
    },
    [true, true, true, true],
    json,
  );
  return {
    syncCommitteeSize,
    ContributionAndProof: new ContainerType(
      { aggregatorIndex: Uint64, contribution: SyncContribution, selectionProof: Bytes96 },
      json,
    ),
    /** Electra and Fulu (EIP-7549). */
    AggregateAndProofElectra: new ContainerType(aggregateAndProof(AttestationElectra), json),
    /** Gloas (EIP-7688: progressive containers and lists, so another root for the same fields). */
    AggregateAndProofGloas: new ContainerType(aggregateAndProof(AttestationGloas), json),
  };
};

export type SizedContainers = ReturnType<typeof buildSized>;

const large = buildSized(64, 512);
const small = buildSized(4, 32);

/** Gnosis differs from mainnet in slots per epoch only, as far as these containers go. */
export const sizedContainers: Readonly<Record<PresetName, SizedContainers>> = {
  mainnet: large,
  gnosis: large,
  minimal: small,
};
