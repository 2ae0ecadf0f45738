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
import type { Root, Slot } from '../ids.ts';
import { aggregateRoot, contributionRoot } from './aggregate.ts';
import {
  AttestationData,
  BeaconBlockHeader,
  DepositMessage,
  SyncAggregatorSelectionData,
  Uint64,
  ValidatorRegistration,
  VoluntaryExit,
} from './containers.ts';
import type { Network } from './network.ts';
import type { BlockHeader, Signable, SigningRoots, Vote } from './signable.ts';
import { computeDomain, domainOf, domainTypes, epochOf, zeroRoot } from './slots.ts';

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

const domainFor = (network: Network, signable: Signable): Root => {
  switch (signable.type) {
    case 'attestation':
      return domainOf(network, domainTypes.beaconAttester, signable.vote.target.epoch);
    case 'block':
      return domainOf(network, domainTypes.beaconProposer, epochOf(network, signable.slot));
    case 'aggregate':
      return domainOf(network, domainTypes.aggregateAndProof, epochOf(network, signable.slot));
    case 'contribution':
      return domainOf(network, domainTypes.contributionAndProof, epochOf(network, signable.slot));
    case 'sync-message':
      return domainOf(network, domainTypes.syncCommittee, epochOf(network, signable.slot));
    case 'randao':
      return domainOf(network, domainTypes.randao, signable.epoch);
    case 'selection-proof':
      return domainOf(network, domainTypes.selectionProof, epochOf(network, signable.slot));
    case 'sync-selection-proof':
      return domainOf(network, domainTypes.syncCommitteeSelectionProof, epochOf(network, signable.slot));
    case 'exit':
      return exitDomain(network, signable);
    case 'registration':
      return computeDomain(domainTypes.applicationBuilder, network.genesisForkVersion, zeroRoot);
    case 'deposit':
      return computeDomain(domainTypes.deposit, signable.genesisForkVersion, zeroRoot);
  }
};

/**
 * EIP-7044: a chain past Deneb takes exits under the Capella version only, whatever epoch the exit names. The signer has no
 * chain to ask whether Deneb has begun; where it is scheduled at all, the Capella version is right from Capella on, which
 * is everywhere that exits are asked today. Where Deneb is not scheduled, the exit's own epoch decides.
 */
const exitDomain = (network: Network, exit: Extract<Signable, { type: 'exit' }>): Root =>
  network.forks.some((fork) => fork.name === 'deneb')
    ? computeDomain(domainTypes.voluntaryExit, network.capellaForkVersion, network.genesisValidatorsRoot)
    : domainOf(network, domainTypes.voluntaryExit, exit.epoch);
