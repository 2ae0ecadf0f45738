/**
 * The payloads of Web3Signer's sign types, read into signables (remote-signing-api; spellings as clients really send them).
 *
 * Both aggregate types are read alike, wrapped in { version, data } or bare, and the container follows from the slot and
 * the network: version tags are ignored, because clients set them differently. Domains and roots are left to request.ts.
 */
import { toHex } from '../bytes.ts';
import type { Root, Slot } from '../ids.ts';
import { aggregateFromJson, contributionFromJson } from './aggregate.ts';
import type { Network } from './network.ts';
import type { BlockHeader, Checkpoint, Signable } from './signable.ts';
import { type HeaderValue, readAltairBlock, readHeader, readPhase0Block } from './ssz/blocks.ts';
import { subcommittees } from './ssz/containers.ts';
import { bigUint, epochIn, hex, part, required, root, slotIn, uint, validatorKey } from './ssz/fields.ts';
import { BadJson, type JsonObject, property, readSafeUint } from './ssz/json.ts';

/** A request that is well formed but asks for what this signer does not sign. */
export interface Unsupported {
  readonly type: 'unsupported';
  readonly detail: string;
}

/** Reads one payload out of the request body. Throws BadJson. */
export type PayloadReader = (network: Network, body: JsonObject) => Signable | Unsupported;

const checkpoint = (object: JsonObject, key: string, path: string): Checkpoint => {
  const value = part(object, key, path);
  return { epoch: epochIn(value, `${path}.${key}`), root: root(value, 'root', `${path}.${key}`) };
};

const attestation: PayloadReader = (_network, body) => {
  const path = 'attestation';
  const data = part(body, path, '');
  return {
    type: 'attestation',
    slot: slotIn(data, path),
    index: uint(data, 'index', path),
    vote: {
      beaconBlockRoot: root(data, 'beacon_block_root', path),
      source: checkpoint(data, 'source', path),
      target: checkpoint(data, 'target', path),
    },
  };
};

const blockOf = (value: HeaderValue, path: string): Signable => {
  const header: BlockHeader = {
    slot: readSafeUint(value.slot.toString(), `${path}.slot`) as Slot,
    proposerIndex: readSafeUint(value.proposerIndex.toString(), `${path}.proposer_index`),
    parentRoot: toHex(value.parentRoot) as Root,
    stateRoot: toHex(value.stateRoot) as Root,
    bodyRoot: toHex(value.bodyRoot) as Root,
  };
  return { type: 'block', slot: header.slot, header };
};

const phase0Block: PayloadReader = (_network, body) =>
  blockOf(readPhase0Block(required(body, 'block', ''), 'block'), 'block');

const anyBlock: PayloadReader = (network, body) => {
  const path = 'beacon_block';
  const wrapped = part(body, path, '');
  const header = property(wrapped, 'block_header') ?? null;
  if (header !== null) return blockOf(readHeader(header, `${path}.block_header`), `${path}.block_header`);
  const block = property(wrapped, 'block') ?? null;
  if (block === null) throw new BadJson(`${path}.block_header`, 'is missing');
  const version = property(wrapped, 'version');
  switch (typeof version === 'string' ? version.toLowerCase() : null) {
    case 'phase0':
      return blockOf(readPhase0Block(block, `${path}.block`), `${path}.block`);
    case 'altair':
      return blockOf(readAltairBlock(block, `${path}.block`, network.preset), `${path}.block`);
    default:
      return {
        type: 'unsupported',
        detail: 'full blocks are read for PHASE0 and ALTAIR only; send block_header',
      };
  }
};

const aggregate: PayloadReader = (network, body) => {
  const path = 'aggregate_and_proof';
  const given = part(body, path, '');
  const isBare = property(given, 'aggregate') !== undefined;
  const bare = isBare ? given : part(given, 'data', path);
  const at = isBare ? path : `${path}.data`;
  const slot = slotIn(part(part(bare, 'aggregate', at), 'data', `${at}.aggregate`), `${at}.aggregate.data`);
  const ssz = aggregateFromJson(network, slot, bare, at);
  if (ssz === null)
    return { type: 'unsupported', detail: 'aggregates of the fork of this slot are not supported' };
  return { type: 'aggregate', slot, ssz };
};

const subcommitteeBelowMax = (subcommittee: number, path: string): number => {
  if (subcommittee < subcommittees) return subcommittee;
  throw new BadJson(`${path}.subcommittee_index`, `is not below ${subcommittees}`);
};

const contribution: PayloadReader = (network, body) => {
  const path = 'contribution_and_proof';
  const { slot, subcommittee, ssz } = contributionFromJson(network, required(body, path, ''), path);
  const at = `${path}.contribution`;
  return { type: 'contribution', slot, subcommittee: subcommitteeBelowMax(subcommittee, at), ssz };
};

const syncMessage: PayloadReader = (_network, body) => {
  const path = 'sync_committee_message';
  const message = part(body, path, '');
  return {
    type: 'sync-message',
    slot: slotIn(message, path),
    beaconBlockRoot: root(message, 'beacon_block_root', path),
  };
};

const syncSelection: PayloadReader = (_network, body) => {
  const path = 'sync_aggregator_selection_data';
  const data = part(body, path, '');
  const subcommittee = subcommitteeBelowMax(uint(data, 'subcommittee_index', path), path);
  return { type: 'sync-selection-proof', slot: slotIn(data, path), subcommittee };
};

const selection: PayloadReader = (_network, body) => ({
  type: 'selection-proof',
  slot: slotIn(part(body, 'aggregation_slot', ''), 'aggregation_slot'),
});

const randao: PayloadReader = (_network, body) => ({
  type: 'randao',
  epoch: epochIn(part(body, 'randao_reveal', ''), 'randao_reveal'),
});

const exit: PayloadReader = (_network, body) => {
  const path = 'voluntary_exit';
  const message = part(body, path, '');
  return {
    type: 'exit',
    epoch: epochIn(message, path),
    validatorIndex: uint(message, 'validator_index', path),
  };
};

const registration: PayloadReader = (_network, body) => {
  const path = 'validator_registration';
  const message = part(body, path, '');
  return {
    type: 'registration',
    feeRecipient: hex(message, 'fee_recipient', path, 20),
    gasLimit: bigUint(message, 'gas_limit', path),
    timestamp: uint(message, 'timestamp', path),
    validator: validatorKey(message, 'pubkey', path),
  };
};

const deposit: PayloadReader = (_network, body) => {
  const path = 'deposit';
  const message = part(body, path, '');
  return {
    type: 'deposit',
    validator: validatorKey(message, 'pubkey', path),
    withdrawalCredentials: root(message, 'withdrawal_credentials', path),
    amountGwei: bigUint(message, 'amount', path),
    genesisForkVersion: hex(message, 'genesis_fork_version', path, 4),
  };
};

/** By upper-case type name. */
export const payloadReaders: ReadonlyMap<string, PayloadReader> = new Map([
  ['AGGREGATION_SLOT', selection],
  ['AGGREGATE_AND_PROOF', aggregate],
  ['AGGREGATE_AND_PROOF_V2', aggregate],
  ['ATTESTATION', attestation],
  ['BLOCK', phase0Block],
  ['BLOCK_V2', anyBlock],
  ['DEPOSIT', deposit],
  ['RANDAO_REVEAL', randao],
  ['VOLUNTARY_EXIT', exit],
  ['SYNC_COMMITTEE_MESSAGE', syncMessage],
  ['SYNC_COMMITTEE_SELECTION_PROOF', syncSelection],
  ['SYNC_COMMITTEE_CONTRIBUTION_AND_PROOF', contribution],
  ['VALIDATOR_REGISTRATION', registration],
]);

/** Names that clients send or drafts define, and that are not signed here: their shapes still differ between clients. */
export const unsettledTypes: ReadonlySet<string> = new Set([
  'EXECUTION_PAYLOAD_BID',
  'EXECUTION_PAYLOAD_ENVELOPE',
  'PAYLOAD_ATTESTATION_MESSAGE',
  'PAYLOAD_ATTESTATION',
  'PROPOSER_PREFERENCES',
  'BUILDER_REQUEST_AUTH',
  'REQUEST_AUTH',
  'BLS_TO_EXECUTION_CHANGE',
  'GENERIC',
]);
