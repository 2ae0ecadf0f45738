/**
 * The request body that asks a Web3Signer to sign (for the signers that hold our shares).
 *
 * fork_info is made from our own schedule such that Web3Signer's rule (version = epoch < fork.epoch ? previous : current)
 * gives our domain; signingRoot lets it notice where its own --network differs. Reading the result back gives the same
 * signable, which the tests check for every type and fork.
 */
import type { Epoch } from '../ids.ts';
import { aggregateJson, contributionJson } from './aggregate.ts';
import type { Fork, Network } from './network.ts';
import type { BlockHeader, Checkpoint, Signable, SigningRoots } from './signable.ts';
import { exitsUnderCapella, messageEpochOf } from './signing-root.ts';
import { epochOf, forkAt, isFrom } from './slots.ts';

/** JSON-ready: strings, objects and nothing else. Throws RangeError where the signable holds bytes that are not its SSZ. */
export const renderWeb3Signer = (network: Network, signable: Signable, roots: SigningRoots): object => ({
  ...payload(network, signable),
  ...forkInfo(network, signable),
  signingRoot: roots.signingRoot,
});

const payload = (network: Network, signable: Signable): object => {
  switch (signable.type) {
    case 'attestation':
      return {
        type: 'ATTESTATION',
        attestation: {
          slot: `${signable.slot}`,
          index: `${signable.index}`,
          beacon_block_root: signable.vote.beaconBlockRoot,
          source: checkpoint(signable.vote.source),
          target: checkpoint(signable.vote.target),
        },
      };
    case 'block':
      return {
        type: 'BLOCK_V2',
        beacon_block: {
          version: blockVersion(network, signable.header),
          block_header: header(signable.header),
        },
      };
    case 'aggregate':
      return aggregate(network, signable);
    case 'contribution':
      return {
        type: 'SYNC_COMMITTEE_CONTRIBUTION_AND_PROOF',
        contribution_and_proof: contributionJson(network, signable.slot, signable.subcommittee, signable.ssz),
      };
    case 'sync-message':
      return {
        type: 'SYNC_COMMITTEE_MESSAGE',
        sync_committee_message: { beacon_block_root: signable.beaconBlockRoot, slot: `${signable.slot}` },
      };
    case 'randao':
      return { type: 'RANDAO_REVEAL', randao_reveal: { epoch: `${signable.epoch}` } };
    case 'selection-proof':
      return { type: 'AGGREGATION_SLOT', aggregation_slot: { slot: `${signable.slot}` } };
    case 'sync-selection-proof':
      return {
        type: 'SYNC_COMMITTEE_SELECTION_PROOF',
        sync_aggregator_selection_data: {
          slot: `${signable.slot}`,
          subcommittee_index: `${signable.subcommittee}`,
        },
      };
    case 'registration':
      return registration(signable);
    case 'exit':
      return {
        type: 'VOLUNTARY_EXIT',
        voluntary_exit: { epoch: `${signable.epoch}`, validator_index: `${signable.validatorIndex}` },
      };
    case 'deposit':
      return deposit(signable);
  }
};

const checkpoint = ({ epoch, root }: Checkpoint): object => ({ epoch: `${epoch}`, root });

const header = (block: BlockHeader): object => ({
  slot: `${block.slot}`,
  proposer_index: `${block.proposerIndex}`,
  parent_root: block.parentRoot,
  state_root: block.stateRoot,
  body_root: block.bodyRoot,
});

/** Under PHASE0 and ALTAIR Web3Signer wants the full block, which is not known here; the header's root is the same anyway. */
const blockVersion = (network: Network, { slot }: BlockHeader): string => {
  const { name } = forkAt(network, epochOf(network, slot));
  return name === 'phase0' || name === 'altair' ? 'BELLATRIX' : name.toUpperCase();
};

/** From Electra on the wrapped type; before it the one that every Web3Signer knows. */
const aggregate = (network: Network, { slot, ssz }: Extract<Signable, { type: 'aggregate' }>): object => {
  const data = aggregateJson(network, slot, ssz);
  const epoch = epochOf(network, slot);
  if (!isFrom(network, 'electra', epoch)) return { type: 'AGGREGATE_AND_PROOF', aggregate_and_proof: data };
  const version = forkAt(network, epoch).name.toUpperCase();
  return { type: 'AGGREGATE_AND_PROOF_V2', aggregate_and_proof: { version, data } };
};

const registration = (message: Extract<Signable, { type: 'registration' }>): object => ({
  type: 'VALIDATOR_REGISTRATION',
  validator_registration: {
    fee_recipient: message.feeRecipient,
    gas_limit: `${message.gasLimit}`,
    timestamp: `${message.timestamp}`,
    pubkey: message.validator,
  },
});

const deposit = (message: Extract<Signable, { type: 'deposit' }>): object => ({
  type: 'DEPOSIT',
  deposit: {
    pubkey: message.validator,
    withdrawal_credentials: message.withdrawalCredentials,
    amount: `${message.amountGwei}`,
    genesis_fork_version: message.genesisForkVersion,
  },
});

/** None for deposits and registrations. */
const forkInfo = (network: Network, signable: Signable): object => {
  const epoch = messageEpochOf(network, signable);
  if (epoch === null) return {};
  const fork = signable.type === 'exit' ? exitFork(network, epoch) : forkWithPrevious(network, epoch);
  return {
    fork_info: {
      fork: { previous_version: fork.previous, current_version: fork.current, epoch: `${fork.epoch}` },
      genesis_validators_root: network.genesisValidatorsRoot,
    },
  };
};

interface ForkPair {
  readonly previous: string;
  readonly current: string;
  readonly epoch: Epoch;
}

const forkWithPrevious = (network: Network, epoch: Epoch): ForkPair => {
  const fork = forkAt(network, epoch);
  const before: Fork | undefined = network.forks[network.forks.indexOf(fork) - 1];
  return { previous: (before ?? fork).version, current: fork.version, epoch: fork.epoch };
};

/** Capella for both versions where EIP-7044 may hold, so that Web3Signer finds it whichever of its rules it applies. */
const exitFork = (network: Network, epoch: Epoch): ForkPair => {
  if (!exitsUnderCapella(network)) return forkWithPrevious(network, epoch);
  const deneb = network.forks.find((fork) => fork.name === 'deneb');
  const version = network.capellaForkVersion;
  return { previous: version, current: version, epoch: deneb?.epoch ?? epoch };
};
