/**
 * The roots of a signature: object root, domain, signing root (consensus specs: compute_signing_root).
 *
 * The domain always comes from our own network's fork schedule, at the epoch that the message itself belongs to, so that
 * every operator derives the same root whatever its client sent. Nothing is cached: an attestation costs a few
 * microseconds, and a stale root would be a wrong signature.
 */
import './hasher.ts';
import { digest64 } from '@chainsafe/persistent-merkle-tree';
import { fromHex, toHex } from '../bytes.ts';
import type { Epoch, Root, Slot } from '../ids.ts';
import { aggregateRoot, contributionRoot } from './aggregate.ts';
import type { Network } from './network.ts';
import type { BlockHeader, Signable, SignableType, SigningRoots, Vote } from './signable.ts';
import { computeDomain, type DomainType, domainOf, domainTypes, epochOf, zeroRoot } from './slots.ts';
import {
  AttestationData,
  BeaconBlockHeader,
  DepositMessage,
  SyncAggregatorSelectionData,
  Uint64,
  ValidatorRegistration,
  VoluntaryExit,
} from './ssz/containers.ts';

/** Object root, domain and signing root. Throws RangeError where the signable holds bytes that are not its SSZ. */
export const rootsOf = (network: Network, signable: Signable): SigningRoots => {
  const objectRoot = objectRootOf(network, signable);
  const domain = domainFor(network, signable);
  const signingRoot = toHex(digest64(objectRoot, fromHex(domain, 32))) as Root;
  return { objectRoot: toHex(objectRoot) as Root, domain, signingRoot };
};

/** hash_tree_root of AttestationData. */
export const attestationDataRoot = (slot: Slot, index: number, vote: Vote): Uint8Array =>
  AttestationData.hashTreeRoot({
    slot: BigInt(slot),
    index: BigInt(index),
    beaconBlockRoot: fromHex(vote.beaconBlockRoot, 32),
    source: { epoch: BigInt(vote.source.epoch), root: fromHex(vote.source.root, 32) },
    target: { epoch: BigInt(vote.target.epoch), root: fromHex(vote.target.root, 32) },
  });

/** hash_tree_root of BeaconBlockHeader: the block's root. */
export const blockHeaderRoot = (header: BlockHeader): Uint8Array =>
  BeaconBlockHeader.hashTreeRoot({
    slot: BigInt(header.slot),
    proposerIndex: BigInt(header.proposerIndex),
    parentRoot: fromHex(header.parentRoot, 32),
    stateRoot: fromHex(header.stateRoot, 32),
    bodyRoot: fromHex(header.bodyRoot, 32),
  });

const objectRootOf = (network: Network, signable: Signable): Uint8Array => {
  switch (signable.type) {
    case 'attestation':
      return attestationDataRoot(signable.slot, signable.index, signable.vote);
    case 'block':
      return blockHeaderRoot(signable.header);
    case 'aggregate':
      return aggregateRoot(network, signable.slot, signable.ssz);
    case 'contribution':
      return contributionRoot(network, signable.slot, signable.subcommittee, signable.ssz);
    case 'sync-message':
      return fromHex(signable.beaconBlockRoot, 32);
    case 'randao':
      return Uint64.hashTreeRoot(BigInt(signable.epoch));
    case 'selection-proof':
      return Uint64.hashTreeRoot(BigInt(signable.slot));
    case 'sync-selection-proof':
      return SyncAggregatorSelectionData.hashTreeRoot({
        slot: BigInt(signable.slot),
        subcommitteeIndex: BigInt(signable.subcommittee),
      });
    case 'exit':
      return VoluntaryExit.hashTreeRoot({
        epoch: BigInt(signable.epoch),
        validatorIndex: BigInt(signable.validatorIndex),
      });
    case 'registration':
      return ValidatorRegistration.hashTreeRoot({
        feeRecipient: fromHex(signable.feeRecipient, 20),
        gasLimit: signable.gasLimit,
        timestamp: BigInt(signable.timestamp),
        pubkey: fromHex(signable.validator, 48),
      });
    case 'deposit':
      return DepositMessage.hashTreeRoot({
        pubkey: fromHex(signable.validator, 48),
        withdrawalCredentials: fromHex(signable.withdrawalCredentials, 32),
        amount: signable.amountGwei,
      });
  }
};

const domainTypeOf: Readonly<Record<SignableType, DomainType>> = {
  attestation: domainTypes.beaconAttester,
  block: domainTypes.beaconProposer,
  aggregate: domainTypes.aggregateAndProof,
  contribution: domainTypes.contributionAndProof,
  'sync-message': domainTypes.syncCommittee,
  randao: domainTypes.randao,
  'selection-proof': domainTypes.selectionProof,
  'sync-selection-proof': domainTypes.syncCommitteeSelectionProof,
  exit: domainTypes.voluntaryExit,
  registration: domainTypes.applicationBuilder,
  deposit: domainTypes.deposit,
};

/** The epoch whose fork a message is signed under; null for deposits and registrations, which belong to no fork. */
export const messageEpochOf = (network: Network, signable: Signable): Epoch | null => {
  switch (signable.type) {
    case 'attestation':
      return signable.vote.target.epoch;
    case 'randao':
    case 'exit':
      return signable.epoch;
    case 'registration':
    case 'deposit':
      return null;
    case 'block':
    case 'aggregate':
    case 'contribution':
    case 'sync-message':
    case 'selection-proof':
    case 'sync-selection-proof':
      return epochOf(network, signable.slot);
  }
};

const domainFor = (network: Network, signable: Signable): Root => {
  const type = domainTypeOf[signable.type];
  const epoch = messageEpochOf(network, signable);
  if (signable.type === 'deposit') return computeDomain(type, signable.genesisForkVersion, zeroRoot);
  if (epoch === null) return computeDomain(type, network.genesisForkVersion, zeroRoot);
  if (signable.type === 'exit' && exitsUnderCapella(network)) {
    return computeDomain(type, network.capellaForkVersion, network.genesisValidatorsRoot);
  }
  return domainOf(network, type, epoch);
};

/**
 * EIP-7044: a chain past Deneb takes exits under the Capella version only, whatever epoch the exit names. The signer has no
 * chain to ask whether Deneb has begun; where it is scheduled at all, the Capella version is right from Capella on, which
 * is everywhere that exits are asked today. Where Deneb is not scheduled, the exit's own epoch decides.
 */
export const exitsUnderCapella = (network: Network): boolean =>
  network.forks.some((fork) => fork.name === 'deneb');
