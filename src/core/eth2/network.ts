/**
 * A network as far as a signer must know it: genesis, slots, fork schedule, due times.
 *
 * Values come from the consensus specs' configs; networks by name and custom network files are loaded in load-network.ts.
 */
import type { Epoch, Root } from '../ids.ts';

export type ForkName =
  | 'phase0'
  | 'altair'
  | 'bellatrix'
  | 'capella'
  | 'deneb'
  | 'electra'
  | 'fulu'
  | 'gloas'
  | 'heze';

export type PresetName = 'mainnet' | 'minimal' | 'gnosis';

export interface Fork {
  readonly name: ForkName;
  /** 4 bytes as 0x-hex. */
  readonly version: string;
  /** First epoch of the fork; scheduled forks only. */
  readonly epoch: Epoch;
}

/** Due times within a slot, in basis points of the slot (consensus specs, *_DUE_BPS). */
export interface DueTimes {
  readonly attestation: number;
  readonly aggregate: number;
  readonly syncMessage: number;
  readonly contribution: number;
}

export interface Network {
  readonly name: string;
  readonly preset: PresetName;
  /** Unix time of slot 0, in ms. */
  readonly genesisTimeMs: number;
  readonly genesisValidatorsRoot: Root;
  readonly genesisForkVersion: string;
  /** From Deneb on, exits are signed under this version (EIP-7044). */
  readonly capellaForkVersion: string;
  readonly slotMs: number;
  readonly slotsPerEpoch: number;
  /** Ascending by epoch; the first one is at epoch 0. A later fork at the same epoch wins. */
  readonly forks: readonly Fork[];
  readonly due: DueTimes;
  /** Due times from Gloas on. */
  readonly dueGloas: DueTimes;
}
