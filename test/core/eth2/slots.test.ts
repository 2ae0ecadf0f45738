/**
 * Slots, due times, forks and domains.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { networkByName } from '../../../src/core/eth2/load-network.ts';
import { rootsOf } from '../../../src/core/eth2/signing-root.ts';
import {
  computeDomain,
  domainOf,
  domainTypes,
  dueMs,
  epochOf,
  forkAt,
  slotAt,
  slotStartMs,
  startSlotOf,
} from '../../../src/core/eth2/slots.ts';
import type { Epoch, Slot } from '../../../src/core/ids.ts';
import { everyFork, exampleNetwork } from './networks.ts';

const mainnet = networkByName('mainnet');
assert(mainnet !== null);
const minimal = everyFork('minimal');
const epoch = (value: number) => value as Epoch;
const slot = (value: number) => value as Slot;

test('a slot lasts from its start until the next one starts; before genesis it is slot 0', () => {
  const start = slotStartMs(mainnet, slot(100));
  assert.equal(start, 1_606_824_023_000 + 1_200_000);
  assert.equal(slotAt(mainnet, start), 100);
  assert.equal(slotAt(mainnet, start - 1), 99);
  assert.equal(slotAt(mainnet, start + 11_999), 100);
  assert.equal(slotAt(mainnet, 0), 0);
  assert.equal(epochOf(minimal, slot(79)), 9);
  assert.equal(startSlotOf(minimal, epoch(10)), 80);
});

test('due times follow the basis points of the slot’s fork', () => {
  const offset = (at: Slot, role: 'block' | 'attestation' | 'aggregate' | 'sync-message' | 'contribution') =>
    dueMs(minimal, at, role) - slotStartMs(minimal, at);
  const before = slot(70 * 8 - 1);
  assert.deepEqual(
    (['block', 'attestation', 'sync-message', 'aggregate', 'contribution'] as const).map((role) =>
      offset(before, role),
    ),
    [0, 3999, 3999, 8000, 8000],
  );
  const gloas = slot(70 * 8);
  assert.deepEqual(
    (['block', 'attestation', 'sync-message', 'aggregate', 'contribution'] as const).map((role) =>
      offset(gloas, role),
    ),
    [0, 3000, 3000, 6000, 6000],
  );
});

test('a fork holds from its epoch on, and the last of several at one epoch wins', () => {
  assert.equal(forkAt(minimal, epoch(9)).name, 'phase0');
  assert.equal(forkAt(minimal, epoch(10)).name, 'altair');
  assert.equal(forkAt(minimal, epoch(1_000_000)).name, 'heze');
  const hoodi = networkByName('hoodi');
  assert(hoodi !== null);
  assert.equal(forkAt(hoodi, epoch(0)).name, 'deneb');
  assert.equal(forkAt(hoodi, epoch(2048)).name, 'electra');
});

test('the domain of mainnet’s first attestations is the one the chain began with', () => {
  // fork digest b5303f2a: the first four bytes of the fork data root of mainnet at genesis.
  assert.equal(domainOf(mainnet, domainTypes.beaconAttester, epoch(0)).slice(0, 18), '0x01000000b5303f2a');
});

test('exits are signed under Capella wherever Deneb is scheduled, whatever epoch they name (EIP-7044)', () => {
  const capella = computeDomain(
    domainTypes.voluntaryExit,
    minimal.capellaForkVersion,
    minimal.genesisValidatorsRoot,
  );
  for (const at of [0, 35, 45, 75]) {
    const exit = { type: 'exit', epoch: epoch(at), validatorIndex: 5 } as const;
    assert.equal(rootsOf(minimal, exit).domain, capella, `epoch ${at}`);
  }
  const early = everyFork('minimal', 'capella');
  const exit = { type: 'exit', epoch: epoch(25), validatorIndex: 5 } as const;
  assert.equal(rootsOf(early, exit).domain, domainOf(early, domainTypes.voluntaryExit, epoch(25)));
});

test('registrations depend on the genesis fork version only', () => {
  const registration = {
    type: 'registration',
    feeRecipient: `0x${'ab'.repeat(20)}`,
    gasLimit: 60_000_000n,
    timestamp: 1_700_000_000,
    validator: `0x${'cd'.repeat(48)}`,
  } as const;
  assert.equal(
    rootsOf(minimal, registration as never).signingRoot,
    rootsOf(exampleNetwork, registration as never).signingRoot,
  );
});
