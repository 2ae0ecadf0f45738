/**
 * Our containers against @lodestar/types, an independent set of definitions, at the mainnet preset it loads by default.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import '../../../src/core/eth2/hasher.ts';
import { ssz } from '@lodestar/types';
import fc from 'fast-check';
import { toHex } from '../../../src/core/bytes.ts';
import { aggregateRoot, contributionRoot, decodeAggregate } from '../../../src/core/eth2/aggregate.ts';
import type { ForkName } from '../../../src/core/eth2/network.ts';
import { attestationDataRoot, blockHeaderRoot, rootsOf } from '../../../src/core/eth2/signing-root.ts';
import { readAltairBlock, readPhase0Block } from '../../../src/core/eth2/ssz/blocks.ts';
import {
  BeaconBlockHeader,
  DepositMessage,
  SyncAggregatorSelectionData,
  sizedContainers,
  ValidatorRegistration,
  VoluntaryExit,
} from '../../../src/core/eth2/ssz/containers.ts';
import type { Slot } from '../../../src/core/ids.ts';
import { everyFork } from './networks.ts';
import { signableArbitraries } from './signables.ts';

const network = everyFork('mainnet', 'gloas');
const arbitraries = signableArbitraries(network);

const lodestarAggregate = (fork: ForkName) =>
  fork === 'gloas'
    ? ssz.gloas.AggregateAndProof
    : fork === 'electra' || fork === 'fulu'
      ? ssz.electra.AggregateAndProof
      : ssz.phase0.AggregateAndProof;

const forkOf = (slot: number): ForkName => {
  const { name } = network.forks[Math.floor(slot / 320)] ?? { name: 'gloas' as const };
  return name;
};

test('aggregates of every fork have the root that @lodestar/types gives them', () => {
  const seen = new Set<ForkName>();
  fc.assert(
    fc.property(arbitraries.aggregate, (signable) => {
      assert(signable.type === 'aggregate');
      const fork = forkOf(signable.slot);
      seen.add(fork);
      const type = lodestarAggregate(fork);
      // The aggregator index of the arbitrary is any uint64, theirs a number.
      const ssz64 = signable.ssz.slice();
      ssz64.fill(0, 5, 8);
      const theirs = type.hashTreeRoot(type.deserialize(ssz64) as never);
      assert.equal(toHex(aggregateRoot(network, signable.slot, ssz64)), toHex(theirs));
    }),
    { numRuns: 200 },
  );
  assert.deepEqual([...seen].sort(), [
    'altair',
    'bellatrix',
    'capella',
    'deneb',
    'electra',
    'fulu',
    'gloas',
    'phase0',
  ]);
});

test('contributions have the root that @lodestar/types gives them', () => {
  fc.assert(
    fc.property(arbitraries.contribution, (signable) => {
      assert(signable.type === 'contribution');
      const bytes = signable.ssz.slice();
      bytes.fill(0, 5, 8);
      const theirs = ssz.altair.ContributionAndProof.hashTreeRoot(
        ssz.altair.ContributionAndProof.deserialize(bytes),
      );
      assert.equal(
        toHex(contributionRoot(network, signable.slot, signable.subcommittee, bytes)),
        toHex(theirs),
      );
    }),
  );
});

test('attestations and headers have the root that @lodestar/types gives them', () => {
  fc.assert(
    fc.property(arbitraries.attestation, arbitraries.block, (attestation, block) => {
      assert(attestation.type === 'attestation' && block.type === 'block');
      const data = ssz.phase0.AttestationData.fromJson({
        slot: attestation.slot,
        index: attestation.index,
        beacon_block_root: attestation.vote.beaconBlockRoot,
        source: attestation.vote.source,
        target: attestation.vote.target,
      });
      const ours = attestationDataRoot(attestation.slot, attestation.index, attestation.vote);
      assert.equal(toHex(ours), toHex(ssz.phase0.AttestationData.hashTreeRoot(data)));
      const header = ssz.phase0.BeaconBlockHeader.fromJson({
        slot: block.header.slot,
        proposer_index: block.header.proposerIndex,
        parent_root: block.header.parentRoot,
        state_root: block.header.stateRoot,
        body_root: block.header.bodyRoot,
      });
      assert.equal(
        toHex(blockHeaderRoot(block.header)),
        toHex(ssz.phase0.BeaconBlockHeader.hashTreeRoot(header)),
      );
    }),
  );
});

test('the small containers have the same fields, sizes and default roots as in @lodestar/types', () => {
  const pairs = [
    [BeaconBlockHeader, ssz.phase0.BeaconBlockHeader],
    [VoluntaryExit, ssz.phase0.VoluntaryExit],
    [DepositMessage, ssz.phase0.DepositMessage],
    [SyncAggregatorSelectionData, ssz.altair.SyncAggregatorSelectionData],
    [ValidatorRegistration, ssz.bellatrix.ValidatorRegistrationV1],
    [sizedContainers.mainnet.ContributionAndProof, ssz.altair.ContributionAndProof],
    [sizedContainers.mainnet.AggregateAndProofElectra, ssz.electra.AggregateAndProof],
  ] as const;
  for (const [ours, theirs] of pairs) {
    assert.deepEqual(
      ours.fieldsEntries.map(({ jsonKey }) => jsonKey),
      theirs.fieldsEntries.map(({ jsonKey }) => jsonKey),
    );
    assert.equal(ours.maxSize, theirs.maxSize);
    assert.equal(
      toHex(ours.hashTreeRoot(ours.defaultValue() as never)),
      toHex(theirs.hashTreeRoot(theirs.defaultValue() as never)),
    );
  }
});

test('full phase0 and altair blocks have the root that @lodestar/types gives them', () => {
  const phase0 = ssz.phase0.BeaconBlock.toJson(ssz.phase0.BeaconBlock.defaultValue());
  assert.equal(
    toHex(BeaconBlockHeader.hashTreeRoot(readPhase0Block(phase0, 'block'))),
    toHex(ssz.phase0.BeaconBlock.hashTreeRoot(ssz.phase0.BeaconBlock.defaultValue())),
  );
  const block = ssz.altair.BeaconBlock.defaultValue();
  block.body.syncAggregate.syncCommitteeBits.set(300, true);
  const attestation = ssz.phase0.Attestation.defaultValue();
  block.body.attestations.push(attestation);
  block.body.deposits.push(ssz.phase0.Deposit.defaultValue());
  block.body.attesterSlashings.push(ssz.phase0.AttesterSlashing.defaultValue());
  const json = ssz.altair.BeaconBlock.toJson(block);
  assert.equal(
    toHex(BeaconBlockHeader.hashTreeRoot(readAltairBlock(json, 'block', 'mainnet'))),
    toHex(ssz.altair.BeaconBlock.hashTreeRoot(block)),
  );
});

test('bytes that are not the one encoding of an aggregate of that slot are refused', () => {
  const [sample] = fc.sample(arbitraries.aggregate, { numRuns: 1, seed: 7 });
  assert(sample?.type === 'aggregate');
  const { ssz: bytes, slot } = sample;
  assert.equal(decodeAggregate(network, slot, bytes).aggregate.data.slot, BigInt(slot));
  const broken: readonly (readonly [string, Uint8Array, Slot])[] = [
    ['empty', new Uint8Array(0), slot],
    ['cut in its fixed part', bytes.subarray(0, 200), slot],
    ['longer by a zero', new Uint8Array([...bytes, 0]), slot],
    ['an offset moved', Uint8Array.from(bytes, (byte, at) => (at === 8 ? byte ^ 1 : byte)), slot],
    ['of the next slot', bytes, (slot + 1) as Slot],
  ];
  for (const [what, ssz, at] of broken) {
    assert.throws(() => decodeAggregate(network, at, ssz), RangeError, what);
    assert.throws(() => rootsOf(network, { type: 'aggregate', slot: at, ssz }), RangeError, what);
  }
});

test('no container here caches a root on its value, so a spread or changed value hashes anew', () => {
  const header = BeaconBlockHeader.defaultValue();
  const first = toHex(BeaconBlockHeader.hashTreeRoot(header));
  assert.notEqual(toHex(BeaconBlockHeader.hashTreeRoot({ ...header, slot: 1n })), first);
  header.slot = 2n;
  assert.notEqual(toHex(BeaconBlockHeader.hashTreeRoot(header)), first);
});
