/**
 * Networks by name (values of @lodestar/config) and custom networks (a consensus-specs config, as parsed YAML or JSON).
 *
 * A plain config does not say when and with which validators the chain began, so a network file must also hold
 * GENESIS_TIME (Unix seconds) and GENESIS_VALIDATORS_ROOT. Other keys are allowed: a config file is not ours to judge.
 */
import { genesisData, networksChainConfig } from '@lodestar/config/networks';
import { toHex } from '../bytes.ts';
import { type Epoch, parseRoot } from '../ids.ts';
import type { DueTimes, Fork, ForkName, Network, PresetName } from './network.ts';

type Config = Readonly<Record<string, unknown>>;

export type NetworkFileOutcome =
  | { readonly type: 'network'; readonly network: Network }
  | { readonly type: 'invalid'; readonly problems: readonly string[] };

export const networkNames = ['mainnet', 'hoodi', 'sepolia', 'gnosis', 'chiado'] as const;

const presets: Readonly<
  Record<PresetName, { slotsPerEpoch: number; committees: number; syncCommittee: number }>
> = {
  mainnet: { slotsPerEpoch: 32, committees: 64, syncCommittee: 512 },
  minimal: { slotsPerEpoch: 8, committees: 4, syncCommittee: 32 },
  gnosis: { slotsPerEpoch: 16, committees: 64, syncCommittee: 512 },
};

const laterForks: readonly ForkName[] = [
  'altair',
  'bellatrix',
  'capella',
  'deneb',
  'electra',
  'fulu',
  'gloas',
  'heze',
];

/** A network that Quorate knows; null for any other name. */
export const networkByName = (name: string): Network | null => {
  const known = networkNames.find((candidate) => candidate === name);
  if (known === undefined) return null;
  const genesis = genesisData[known];
  const outcome = parseNetworkFile({
    ...networksChainConfig[known],
    GENESIS_TIME: genesis.genesisTime,
    GENESIS_VALIDATORS_ROOT: genesis.genesisValidatorsRoot,
  });
  if (outcome.type === 'invalid')
    throw new Error(`the built-in network ${name}: ${outcome.problems.join('; ')}`);
  return outcome.network;
};

/** Reads a network file. Every problem is a sentence that names the key. */
export const parseNetworkFile = (value: unknown): NetworkFileOutcome => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { type: 'invalid', problems: ['a network file is a mapping of configuration keys to values'] };
  }
  const problems: string[] = [];
  const network = readNetwork(value as Config, problems);
  return problems.length === 0 ? { type: 'network', network } : { type: 'invalid', problems };
};

const readNetwork = (config: Config, problems: string[]): Network => {
  const preset = readPreset(config, problems);
  const genesisForkVersion = readVersion(config, 'GENESIS_FORK_VERSION', problems);
  const forks = readForks(config, genesisForkVersion, problems);
  const genesisTime = readInteger(config, 'GENESIS_TIME', problems);
  const attestation = readBps(config, 'ATTESTATION_DUE_BPS', 3333, problems);
  const aggregate = readBps(config, 'AGGREGATE_DUE_BPS', 6667, problems);
  const due: DueTimes = {
    attestation,
    aggregate,
    syncMessage: readBps(config, 'SYNC_MESSAGE_DUE_BPS', attestation, problems),
    contribution: readBps(config, 'CONTRIBUTION_DUE_BPS', aggregate, problems),
  };
  const dueGloas: DueTimes = {
    attestation: readBps(config, 'ATTESTATION_DUE_BPS_GLOAS', 2500, problems),
    aggregate: readBps(config, 'AGGREGATE_DUE_BPS_GLOAS', 5000, problems),
    syncMessage: readBps(config, 'SYNC_MESSAGE_DUE_BPS_GLOAS', 2500, problems),
    contribution: readBps(config, 'CONTRIBUTION_DUE_BPS_GLOAS', 5000, problems),
  };
  return {
    name: typeof config.CONFIG_NAME === 'string' && config.CONFIG_NAME !== '' ? config.CONFIG_NAME : 'custom',
    preset,
    genesisTimeMs: genesisTime * 1000,
    genesisValidatorsRoot: readRoot(config, 'GENESIS_VALIDATORS_ROOT', problems),
    genesisForkVersion,
    // Only read from Deneb on, and Deneb cannot be scheduled without Capella.
    capellaForkVersion: forks.find((fork) => fork.name === 'capella')?.version ?? genesisForkVersion,
    slotMs: readSlotMs(config, problems),
    slotsPerEpoch: presets[preset].slotsPerEpoch,
    forks,
    due,
    dueGloas,
  };
};

const readPreset = (config: Config, problems: string[]): PresetName => {
  const name = config.PRESET_BASE;
  if (typeof name !== 'string' || !Object.hasOwn(presets, name)) {
    problems.push('PRESET_BASE must be mainnet, minimal or gnosis');
    return 'mainnet';
  }
  const preset = presets[name as PresetName];
  // A config may repeat values of its preset; one with sizes of its own would get other roots than its chain.
  const sizes = {
    SLOTS_PER_EPOCH: preset.slotsPerEpoch,
    MAX_COMMITTEES_PER_SLOT: preset.committees,
  } as const;
  for (const [key, size] of Object.entries({ ...sizes, SYNC_COMMITTEE_SIZE: preset.syncCommittee })) {
    if (config[key] !== undefined && toInteger(config[key]) !== size) {
      problems.push(`${key} must be ${size}, as in the preset ${name}`);
    }
  }
  return name as PresetName;
};

const readForks = (config: Config, genesisVersion: string, problems: string[]): readonly Fork[] => {
  const forks: Fork[] = [{ name: 'phase0', version: genesisVersion, epoch: 0 as Epoch }];
  let unscheduled: ForkName | null = null;
  for (const name of laterForks) {
    const key = `${name.toUpperCase()}_FORK_EPOCH`;
    const epoch = readEpoch(config, key, problems);
    if (epoch === null) {
      unscheduled ??= name;
      continue;
    }
    if (unscheduled !== null)
      problems.push(`${key} is set, but the fork before it, ${unscheduled}, is not scheduled`);
    const before = forks.at(-1);
    if (before !== undefined && epoch < before.epoch)
      problems.push(`${key} is before the epoch of ${before.name}`);
    forks.push({ name, version: readVersion(config, `${name.toUpperCase()}_FORK_VERSION`, problems), epoch });
  }
  return forks;
};

/** Null where the fork is not scheduled: absent, FAR_FUTURE_EPOCH, or Infinity as @lodestar/config writes it. */
const readEpoch = (config: Config, key: string, problems: string[]): Epoch | null => {
  const value = config[key];
  if (value === undefined || value === null || value === Number.POSITIVE_INFINITY) return null;
  // 2^64 - 1, which a YAML reader may have rounded to 2^64.
  if (Number(value) >= 2 ** 63 && Number(value) <= 2 ** 64) return null;
  const epoch = toInteger(value);
  if (epoch === null)
    problems.push(`${key} must be an epoch, or 18446744073709551615 for a fork that is not scheduled`);
  return (epoch ?? 0) as Epoch;
};

const readSlotMs = (config: Config, problems: string[]): number => {
  const given = [
    { key: 'SLOT_DURATION_MS', factor: 1 },
    { key: 'SECONDS_PER_SLOT', factor: 1000 },
  ].filter(({ key }) => config[key] !== undefined);
  const values = given.map(({ key, factor }) => readInteger(config, key, problems) * factor);
  const [slotMs] = values;
  if (slotMs === undefined) problems.push('SLOT_DURATION_MS or SECONDS_PER_SLOT is missing');
  else if (slotMs === 0) problems.push('a slot cannot take 0 ms');
  else if (values.some((value) => value !== slotMs))
    problems.push('SLOT_DURATION_MS and SECONDS_PER_SLOT disagree');
  return slotMs ?? 12_000;
};

const readBps = (config: Config, key: string, preset: number, problems: string[]): number => {
  if (config[key] === undefined) return preset;
  const value = readInteger(config, key, problems);
  if (value >= 10_000) problems.push(`${key} must be below 10000 basis points of a slot`);
  return value;
};

const readInteger = (config: Config, key: string, problems: string[]): number => {
  const value = toInteger(config[key]);
  if (value === null)
    problems.push(config[key] === undefined ? `${key} is missing` : `${key} must be a whole number`);
  return value ?? 0;
};

const toInteger = (value: unknown): number | null => {
  if (typeof value === 'string' && !/^[0-9]+$/.test(value)) return null;
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') return null;
  const number = Number(value);
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
};

/** 4 bytes of hex; a YAML reader makes a number of unquoted hex, which is as good. */
const readVersion = (config: Config, key: string, problems: string[]): string => {
  const value = config[key];
  if (value instanceof Uint8Array && value.length === 4) return toHex(value);
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{8}$/.test(value)) return value.toLowerCase();
  const number = typeof value === 'string' ? null : toInteger(value);
  if (number !== null && number <= 0xffffffff) return `0x${number.toString(16).padStart(8, '0')}`;
  problems.push(value === undefined ? `${key} is missing` : `${key} must be 0x-hex of 4 bytes`);
  return '0x00000000';
};

const readRoot = (config: Config, key: string, problems: string[]): Network['genesisValidatorsRoot'] => {
  const value = config[key];
  const text = typeof value === 'bigint' ? `0x${value.toString(16).padStart(64, '0')}` : value;
  const root = parseRoot(text);
  if (root !== null) return root;
  const hint =
    typeof value === 'number' ? ' in quotes, because unquoted hex is read as a rounded number' : '';
  problems.push(value === undefined ? `${key} is missing` : `${key} must be 0x-hex of 32 bytes${hint}`);
  return `0x${'00'.repeat(32)}` as Network['genesisValidatorsRoot'];
};
