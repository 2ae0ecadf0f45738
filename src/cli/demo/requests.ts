/**
 * One request of every type of the Web3Signer API, as validator clients that see the same chain would send them in a slot.
 */
import { toHex } from '../../core/bytes.ts';
import type { Network } from '../../core/eth2/network.ts';
import { renderWeb3Signer } from '../../core/eth2/render.ts';
import { parseSignRequest } from '../../core/eth2/request.ts';
import type { Signable } from '../../core/eth2/signable.ts';
import { rootsOf } from '../../core/eth2/signing-root.ts';
import { epochOf } from '../../core/eth2/slots.ts';
import type { Epoch, Root, Slot, ValidatorKey } from '../../core/ids.ts';
import { CommandFailed } from '../command.ts';

export interface DemoRequest {
  readonly type: string;
  readonly body: object;
  readonly signingRoot: Root;
}

const root = (byte: number): Root => toHex(new Uint8Array(32).fill(byte)) as Root;
const bytes = (length: number, byte: number): string => toHex(new Uint8Array(length).fill(byte));

const of = (network: Network, signable: Signable): DemoRequest => {
  const roots = rootsOf(network, signable);
  const body = renderWeb3Signer(network, signable, roots);
  return { type: 'type' in body ? String(body.type) : signable.type, body, signingRoot: roots.signingRoot };
};

/** A request that has no shorter form than its JSON. */
const fromJson = (network: Network, body: { readonly type: string }): DemoRequest => {
  const parsed = parseSignRequest(network, body);
  if (parsed.type !== 'request')
    throw new CommandFailed(`the demo's own ${body.type} request is wrong: ${parsed.detail}`);
  return { type: body.type, body, signingRoot: parsed.roots.signingRoot };
};

const forkInfo = (network: Network) => {
  const version = network.forks.at(-1)?.version;
  return {
    fork: { previous_version: version, current_version: version, epoch: '0' },
    genesis_validators_root: network.genesisValidatorsRoot,
  };
};

const vote = (network: Network, slot: Slot) => {
  const target = epochOf(network, slot);
  return {
    beaconBlockRoot: root(1),
    source: { epoch: (target - 1) as Epoch, root: root(2) },
    target: { epoch: target, root: root(3) },
  };
};

const aggregate = (network: Network, slot: Slot) => {
  const target = epochOf(network, slot);
  return {
    aggregator_index: '7',
    selection_proof: bytes(96, 4),
    aggregate: {
      aggregation_bits: '0x0103',
      data: {
        slot: `${slot}`,
        index: '0',
        beacon_block_root: root(1),
        source: { epoch: `${target - 1}`, root: root(2) },
        target: { epoch: `${target}`, root: root(3) },
      },
      signature: bytes(96, 5),
      committee_bits: '0x01',
    },
  };
};

const contribution = (slot: Slot) => ({
  aggregator_index: '7',
  selection_proof: bytes(96, 6),
  contribution: {
    slot: `${slot}`,
    beacon_block_root: root(1),
    subcommittee_index: '1',
    aggregation_bits: '0x81',
    signature: bytes(96, 7),
  },
});

const header = (slot: Slot) => ({
  slot,
  proposerIndex: 7,
  parentRoot: root(1),
  stateRoot: root(8),
  bodyRoot: root(9),
});

/** In the order in which a client meets them; `slot` is the running one. */
export const demoRequests = (
  network: Network,
  validator: ValidatorKey,
  slot: Slot,
): readonly DemoRequest[] => {
  const timestamp = Math.floor(Date.now() / 1000);
  const fork_info = forkInfo(network);
  const { genesisForkVersion } = network;
  return [
    of(network, { type: 'randao', epoch: epochOf(network, slot) }),
    of(network, { type: 'block', slot, header: header(slot) }),
    of(network, { type: 'attestation', slot, index: 0, vote: vote(network, slot) }),
    of(network, { type: 'sync-message', slot, beaconBlockRoot: root(1) }),
    of(network, { type: 'selection-proof', slot }),
    of(network, { type: 'sync-selection-proof', slot, subcommittee: 1 }),
    fromJson(network, {
      type: 'AGGREGATE_AND_PROOF',
      fork_info,
      aggregate_and_proof: aggregate(network, slot),
    } as never),
    fromJson(network, {
      type: 'AGGREGATE_AND_PROOF_V2',
      fork_info,
      aggregate_and_proof: { version: 'FULU', data: aggregate(network, slot) },
    } as never),
    fromJson(network, {
      type: 'SYNC_COMMITTEE_CONTRIBUTION_AND_PROOF',
      fork_info,
      contribution_and_proof: contribution(slot),
    } as never),
    of(network, {
      type: 'registration',
      feeRecipient: bytes(20, 0xab),
      gasLimit: 45_000_000n,
      timestamp,
      validator,
    }),
    of(network, { type: 'exit', epoch: epochOf(network, slot), validatorIndex: 7 }),
    of(network, {
      type: 'deposit',
      validator,
      withdrawalCredentials: root(1),
      amountGwei: 32_000_000_000n,
      genesisForkVersion,
    }),
  ];
};
