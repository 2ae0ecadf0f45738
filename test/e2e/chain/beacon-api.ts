/**
 * The few routes of the standard beacon REST API that tell what was due and what is on the chain.
 *
 * Numbers arrive as decimal strings and leave here as numbers; names are otherwise the API's.
 */

export interface AttesterDuty {
  readonly validator: number;
  readonly slot: number;
  readonly committeeIndex: number;
  readonly committeeLength: number;
  /** The validator's place in the aggregation bits. */
  readonly position: number;
}

export interface EpochDuties {
  readonly epoch: number;
  readonly attesters: readonly AttesterDuty[];
  readonly proposers: readonly { readonly validator: number; readonly slot: number }[];
  /** Places in the sync committee's bits; a validator may hold several. */
  readonly sync: readonly { readonly validator: number; readonly positions: readonly number[] }[];
}

export interface AttestationData {
  readonly slot: string;
  readonly index: string;
  readonly beacon_block_root: string;
  readonly source: { readonly epoch: string; readonly root: string };
  readonly target: { readonly epoch: string; readonly root: string };
}

export interface Block {
  readonly slot: string;
  readonly proposer_index: string;
  readonly body: {
    readonly attestations: readonly { readonly aggregation_bits: string; readonly data: AttestationData }[];
    readonly sync_aggregate: { readonly sync_committee_bits: string };
    readonly proposer_slashings: readonly unknown[];
    readonly attester_slashings: readonly unknown[];
  };
}

export interface BeaconApi {
  readonly isUp: () => Promise<true | null>;
  readonly genesis: () => Promise<{ time: number; validatorsRoot: string }>;
  readonly config: () => Promise<Record<string, string>>;
  /** The epoch must be the current one or next to it. */
  readonly duties: (epoch: number, validators: readonly number[]) => Promise<EpochDuties>;
  /** null: no block in this slot of the canonical chain. */
  readonly block: (slot: number) => Promise<Block | null>;
  readonly headSlot: () => Promise<number>;
  readonly finalizedEpoch: () => Promise<number>;
  /** Roots of all blocks known for the slot, canonical or not. */
  readonly blockRootsAt: (slot: number) => Promise<string[]>;
  readonly slashedValidators: () => Promise<number[]>;
}

const request = async (url: string, body?: unknown): Promise<unknown> => {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(10_000),
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { data: unknown }).data;
};

type Strings = Readonly<Record<string, string>>;

const fetchDuties = async (
  base: string,
  epoch: number,
  validators: readonly number[],
): Promise<EpochDuties> => {
  const indices = validators.map(String);
  const duties = `${base}/eth/v1/validator/duties`;
  const attesters = (await request(`${duties}/attester/${epoch}`, indices)) as Strings[];
  const proposers = (await request(`${duties}/proposer/${epoch}`)) as Strings[];
  const sync = (await request(`${duties}/sync/${epoch}`, indices)) as {
    validator_index: string;
    validator_sync_committee_indices: string[];
  }[];
  return {
    epoch,
    attesters: attesters.map((duty) => ({
      validator: Number(duty.validator_index),
      slot: Number(duty.slot),
      committeeIndex: Number(duty.committee_index),
      committeeLength: Number(duty.committee_length),
      position: Number(duty.validator_committee_index),
    })),
    proposers: proposers
      .map((duty) => ({ validator: Number(duty.validator_index), slot: Number(duty.slot) }))
      .filter(({ validator, slot }) => validators.includes(validator) && slot > 0),
    sync: sync.map((duty) => ({
      validator: Number(duty.validator_index),
      positions: duty.validator_sync_committee_indices.map(Number),
    })),
  };
};

export const createBeaconApi = (base: string): BeaconApi => ({
  isUp: async () => ((await fetch(`${base}/eth/v1/node/health`)).status < 500 ? true : null),
  genesis: async () => {
    const data = (await request(`${base}/eth/v1/beacon/genesis`)) as Strings;
    return { time: Number(data.genesis_time), validatorsRoot: String(data.genesis_validators_root) };
  },
  config: async () => (await request(`${base}/eth/v1/config/spec`)) as Record<string, string>,
  duties: (epoch, validators) => fetchDuties(base, epoch, validators),
  block: async (slot) => {
    const data = (await request(`${base}/eth/v2/beacon/blocks/${slot}`)) as { message: Block } | null;
    return data === null ? null : data.message;
  },
  headSlot: async () => {
    const data = (await request(`${base}/eth/v1/beacon/headers/head`)) as {
      header: { message: { slot: string } };
    } | null;
    if (data === null) throw new Error('the beacon node has no head');
    return Number(data.header.message.slot);
  },
  finalizedEpoch: async () => {
    const data = (await request(`${base}/eth/v1/beacon/states/head/finality_checkpoints`)) as {
      finalized: { epoch: string };
    };
    return Number(data.finalized.epoch);
  },
  blockRootsAt: async (slot) => {
    const data = (await request(`${base}/eth/v1/beacon/headers?slot=${slot}`)) as { root: string }[] | null;
    return (data ?? []).map(({ root }) => root);
  },
  slashedValidators: async () => {
    const data = (await request(`${base}/eth/v1/beacon/states/head/validators`)) as {
      index: string;
      validator: { slashed: boolean };
    }[];
    return data.filter(({ validator }) => validator.slashed).map(({ index }) => Number(index));
  },
});
