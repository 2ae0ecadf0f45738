/**
 * What a validator can be asked to sign, parsed once into a value in which nothing is optional.
 *
 * Names and domain types follow the consensus specs; the JSON spellings of the Web3Signer API are left to request.ts.
 * A signable holds what is signed, never who signs it or how a client spelled it.
 */
import type { Epoch, Root, Slot, ValidatorKey } from '../ids.ts';

export interface Checkpoint {
  readonly epoch: Epoch;
  readonly root: Root;
}

/** The part of AttestationData that a whole committee of operators agrees on; the index is each request's own. */
export interface Vote {
  readonly beaconBlockRoot: Root;
  readonly source: Checkpoint;
  readonly target: Checkpoint;
}

export interface BlockHeader {
  readonly slot: Slot;
  readonly proposerIndex: number;
  readonly parentRoot: Root;
  readonly stateRoot: Root;
  readonly bodyRoot: Root;
}

export type Signable =
  /** index: committee index before Electra, 0 from Electra on (EIP-7549). */
  | { readonly type: 'attestation'; readonly slot: Slot; readonly index: number; readonly vote: Vote }
  | { readonly type: 'block'; readonly slot: Slot; readonly header: BlockHeader }
  /** ssz: AggregateAndProof of the fork of the slot. */
  | { readonly type: 'aggregate'; readonly slot: Slot; readonly ssz: Uint8Array }
  | { readonly type: 'sync-message'; readonly slot: Slot; readonly beaconBlockRoot: Root }
  /** ssz: altair ContributionAndProof. */
  | {
      readonly type: 'contribution';
      readonly slot: Slot;
      readonly subcommittee: number;
      readonly ssz: Uint8Array;
    }
  | { readonly type: 'randao'; readonly epoch: Epoch }
  | { readonly type: 'selection-proof'; readonly slot: Slot }
  | { readonly type: 'sync-selection-proof'; readonly slot: Slot; readonly subcommittee: number }
  /** ssz: ValidatorRegistrationV1, 84 bytes: fee recipient 20, gas limit 8, timestamp 8 (seconds), public key 48. */
  | {
      readonly type: 'registration';
      readonly feeRecipient: string;
      readonly gasLimit: bigint;
      readonly timestamp: number;
      readonly validator: ValidatorKey;
    }
  | { readonly type: 'exit'; readonly epoch: Epoch; readonly validatorIndex: number }
  | {
      readonly type: 'deposit';
      readonly validator: ValidatorKey;
      readonly withdrawalCredentials: Root;
      readonly amountGwei: bigint;
      /** 4 bytes as 0x-hex; deposits carry their own fork version (it must be the network's genesis version). */
      readonly genesisForkVersion: string;
    };

export type SignableType = Signable['type'];

/** The three roots of one signature: signingRoot = htr({objectRoot, domain}). */
export interface SigningRoots {
  readonly objectRoot: Root;
  /** 32 bytes as 0x-hex. */
  readonly domain: Root;
  readonly signingRoot: Root;
}
