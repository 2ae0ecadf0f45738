/**
 * Networks by name against @lodestar/config's own domains, and custom network files, good and bad.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { genesisData, networksChainConfig } from '@lodestar/config/networks';
import { ssz } from '@lodestar/types';
import { parse } from 'yaml';
import { fromHex, toHex } from '../../../src/core/bytes.ts';
import { networkByName, networkNames, parseNetworkFile } from '../../../src/core/eth2/load-network.ts';
import { domainOf, domainTypes } from '../../../src/core/eth2/slots.ts';
import type { Epoch } from '../../../src/core/ids.ts';

test('every network by name has the forks and domains that follow from @lodestar/config', () => {
  for (const name of networkNames) {
    const network = networkByName(name);
    assert(network !== null);
    const config = networksChainConfig[name];
    const genesisValidatorsRoot = fromHex(genesisData[name].genesisValidatorsRoot);
    const scheduled = [
      [0, config.GENESIS_FORK_VERSION],
      [config.ALTAIR_FORK_EPOCH, config.ALTAIR_FORK_VERSION],
      [config.BELLATRIX_FORK_EPOCH, config.BELLATRIX_FORK_VERSION],
      [config.CAPELLA_FORK_EPOCH, config.CAPELLA_FORK_VERSION],
      [config.DENEB_FORK_EPOCH, config.DENEB_FORK_VERSION],
      [config.ELECTRA_FORK_EPOCH, config.ELECTRA_FORK_VERSION],
      [config.FULU_FORK_EPOCH, config.FULU_FORK_VERSION],
    ] as const;
    assert.deepEqual(
      network.forks.map(({ epoch, version }) => [epoch, version]),
      scheduled.map(([epoch, version]) => [epoch, toHex(version)]),
    );
    const [epoch, currentVersion] = scheduled[6];
    const root = ssz.phase0.ForkData.hashTreeRoot({ currentVersion, genesisValidatorsRoot });
    const domain = domainOf(network, domainTypes.randao, epoch as Epoch);
    assert.equal(domain, `0x02000000${toHex(root.subarray(0, 28)).slice(2)}`);
  }
  assert.equal(networkByName('ropsten'), null);
  assert.equal(networkByName('toString'), null);
});

const devChain = `
PRESET_BASE: minimal
CONFIG_NAME: dev
GENESIS_TIME: 1700000000
GENESIS_VALIDATORS_ROOT: "0x83431ec7fcf92cfc44947fc0418e831c25e1d0806590231c439830db7ad54fda"
GENESIS_FORK_VERSION: 0x00000001
ALTAIR_FORK_VERSION: 0x01000001
ALTAIR_FORK_EPOCH: 0
BELLATRIX_FORK_VERSION: '0x02000001'
BELLATRIX_FORK_EPOCH: 0
CAPELLA_FORK_VERSION: 0x03000001
CAPELLA_FORK_EPOCH: 0
DENEB_FORK_VERSION: 0x04000001
DENEB_FORK_EPOCH: 18446744073709551615
SECONDS_PER_SLOT: 3
DEPOSIT_CHAIN_ID: 1337
SOMETHING_NEW: [1, 2]
`;

test('a development chain’s file is read, with unquoted hex and keys that mean nothing to a signer', () => {
  const outcome = parseNetworkFile(parse(devChain));
  assert(outcome.type === 'network', JSON.stringify(outcome));
  assert.deepEqual(outcome.network.forks, [
    { name: 'phase0', version: '0x00000001', epoch: 0 },
    { name: 'altair', version: '0x01000001', epoch: 0 },
    { name: 'bellatrix', version: '0x02000001', epoch: 0 },
    { name: 'capella', version: '0x03000001', epoch: 0 },
  ]);
  const { name, preset, slotMs, slotsPerEpoch, genesisTimeMs, due } = outcome.network;
  assert.deepEqual(
    { name, preset, slotMs, slotsPerEpoch, genesisTimeMs },
    {
      name: 'dev',
      preset: 'minimal',
      slotMs: 3000,
      slotsPerEpoch: 8,
      genesisTimeMs: 1_700_000_000_000,
    },
  );
  assert.deepEqual(due, { attestation: 3333, aggregate: 6667, syncMessage: 3333, contribution: 6667 });
});

const edits: readonly (readonly [string, (config: Record<string, unknown>) => void, RegExp])[] = [
  ['no genesis time', (c) => delete c.GENESIS_TIME, /^GENESIS_TIME is missing$/],
  [
    'no genesis validators root',
    (c) => delete c.GENESIS_VALIDATORS_ROOT,
    /^GENESIS_VALIDATORS_ROOT is missing$/,
  ],
  [
    'an unquoted root',
    (c) => {
      c.GENESIS_VALIDATORS_ROOT = 5.9e76;
    },
    /GENESIS_VALIDATORS_ROOT .* in quotes/,
  ],
  [
    'a short root',
    (c) => {
      c.GENESIS_VALIDATORS_ROOT = '0x12';
    },
    /^GENESIS_VALIDATORS_ROOT must be 0x-hex of 32 bytes$/,
  ],
  ['no preset', (c) => delete c.PRESET_BASE, /^PRESET_BASE must be/],
  [
    'an unknown preset',
    (c) => {
      c.PRESET_BASE = 'toString';
    },
    /^PRESET_BASE must be/,
  ],
  [
    'sizes of its own',
    (c) => {
      c.SLOTS_PER_EPOCH = 6;
    },
    /^SLOTS_PER_EPOCH must be 8, as in the preset minimal$/,
  ],
  ['no slot time', (c) => delete c.SECONDS_PER_SLOT, /^SLOT_DURATION_MS or SECONDS_PER_SLOT is missing$/],
  [
    'two slot times',
    (c) => {
      c.SLOT_DURATION_MS = 12_000;
    },
    /^SLOT_DURATION_MS and SECONDS_PER_SLOT disagree$/,
  ],
  [
    'slots of 0 s',
    (c) => {
      c.SECONDS_PER_SLOT = 0;
    },
    /^a slot cannot take 0 ms$/,
  ],
  ['a fork without a version', (c) => delete c.ALTAIR_FORK_VERSION, /^ALTAIR_FORK_VERSION is missing$/],
  [
    'a version of 5 bytes',
    (c) => {
      c.ALTAIR_FORK_VERSION = '0x0100000001';
    },
    /^ALTAIR_FORK_VERSION must be 0x-hex of 4/,
  ],
  [
    'forks out of order',
    (c) => {
      c.ALTAIR_FORK_EPOCH = 9;
    },
    /^BELLATRIX_FORK_EPOCH is before the epoch of altair$/,
  ],
  [
    'a gap',
    (c) => delete c.BELLATRIX_FORK_EPOCH,
    /^CAPELLA_FORK_EPOCH is set, but the fork before it, bellatrix/,
  ],
  [
    'an epoch in words',
    (c) => {
      c.ALTAIR_FORK_EPOCH = 'soon';
    },
    /^ALTAIR_FORK_EPOCH must be an epoch/,
  ],
  [
    'due after the slot',
    (c) => {
      c.ATTESTATION_DUE_BPS = 10_000;
    },
    /^ATTESTATION_DUE_BPS must be below 10000/,
  ],
  [
    'a negative time',
    (c) => {
      c.GENESIS_TIME = -1;
    },
    /^GENESIS_TIME must be a whole number$/,
  ],
];

for (const [what, edit, problem] of edits) {
  test(`a network file with ${what} is refused, and the problem names the key`, () => {
    const config = parse(devChain) as Record<string, unknown>;
    edit(config);
    const outcome = parseNetworkFile(config);
    assert(outcome.type === 'invalid');
    assert(
      outcome.problems.some((text) => problem.test(text)),
      outcome.problems.join('; '),
    );
  });
}

test('what is not a mapping is refused', () => {
  for (const value of [null, 'x', 7, [], undefined]) assert.equal(parseNetworkFile(value).type, 'invalid');
});
