/**
 * Networks for tests: the one of Web3Signer's examples, and one with every fork, in any preset.
 */
import assert from 'node:assert/strict';
import { parseNetworkFile } from '../../../src/core/eth2/load-network.ts';
import type { ForkName, Network, PresetName } from '../../../src/core/eth2/network.ts';

export const networkOf = (config: Readonly<Record<string, unknown>>): Network => {
  const outcome = parseNetworkFile(config);
  assert.equal(outcome.type, 'network', JSON.stringify(outcome));
  assert(outcome.type === 'network');
  return outcome.network;
};

const base = (preset: PresetName) => ({
  PRESET_BASE: preset,
  CONFIG_NAME: `test-${preset}`,
  GENESIS_FORK_VERSION: '0x00000001',
  GENESIS_TIME: 1_700_000_000,
  GENESIS_VALIDATORS_ROOT: '0x04700007fabc8282644aed6d1c7c9e21d38a03a0c4ba193f3afe428824b3a673',
  SECONDS_PER_SLOT: 12,
});

/** Genesis version 0x00000001 for ever, and the genesis validators root of Web3Signer's examples. */
export const exampleNetwork = networkOf(base('minimal'));

export const forkNames: readonly ForkName[] = [
  'phase0',
  'altair',
  'bellatrix',
  'capella',
  'deneb',
  'electra',
  'fulu',
  'gloas',
  'heze',
];

/** A network file. Fork k (phase0 is 0) begins at epoch 10k and has version 0x0k000001. */
export const everyForkConfig = (
  preset: PresetName,
  last: ForkName = 'heze',
): Readonly<Record<string, unknown>> => {
  const forks = forkNames.slice(1, forkNames.indexOf(last) + 1);
  return {
    ...base(preset),
    ...Object.fromEntries(
      forks.flatMap((name, at) => [
        [`${name.toUpperCase()}_FORK_EPOCH`, 10 * (at + 1)],
        [`${name.toUpperCase()}_FORK_VERSION`, `0x0${at + 1}000001`],
      ]),
    ),
  };
};

export const everyFork = (preset: PresetName, last: ForkName = 'heze'): Network =>
  networkOf(everyForkConfig(preset, last));
