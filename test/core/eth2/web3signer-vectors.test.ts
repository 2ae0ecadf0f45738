/**
 * Signing roots against the examples of Web3Signer's OpenAPI file, and deposits against signatures of the staking CLI.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { digest64 } from '@chainsafe/persistent-merkle-tree';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { fromHex, toHex } from '../../../src/core/bytes.ts';
import { parseSignRequest } from '../../../src/core/eth2/request.ts';
import { computeDomain, domainOf, domainTypes, zeroRoot } from '../../../src/core/eth2/slots.ts';
import { readAltairBlock, readHeader, readPhase0Block } from '../../../src/core/eth2/ssz/blocks.ts';
import { BeaconBlockHeader, ValidatorRegistration } from '../../../src/core/eth2/ssz/containers.ts';
import { jsonReader } from '../../../src/core/eth2/ssz/json.ts';
import type { Epoch } from '../../../src/core/ids.ts';
import { exampleNetwork, networkOf } from './networks.ts';
import { absent, readVectors } from './vectors.ts';

interface Example {
  readonly name: string;
  readonly request: Record<string, unknown> & { readonly signingRoot: string; readonly type: string };
}

const examples = readVectors('web3signer/sign-examples.json') as readonly Example[] | null;
const skip = examples === null ? absent : false;

/** The roots of these two recompute under no reading of the specs; their authors' mistake. */
const knownBad = new Set(['AGGREGATE_AND_PROOF_V2 (FULU)', 'AGGREGATE_AND_PROOF_V2 (ELECTRA)']);
/** These hold a proposer index or a timestamp above 2^53, which no chain has: the containers hash them, the parser refuses. */
const beyondReality = (example: Example): boolean =>
  /"(proposer_index|timestamp)":"4[0-9]{18}"/.test(JSON.stringify(example));

const rootOf = (objectRoot: Uint8Array, domain: string): string =>
  toHex(digest64(objectRoot, fromHex(domain)));

test('the file holds every example that is named here', { skip }, () => {
  assert.equal(examples?.length, 25);
  assert.equal(examples?.filter(({ name }) => knownBad.has(name)).length, 2);
  assert.equal(examples?.filter(beyondReality).length, 8);
});

for (const example of examples ?? []) {
  if (knownBad.has(example.name) || beyondReality(example)) continue;
  test(`the example ${example.name} parses, and its signing root is ours`, () => {
    const parsed = parseSignRequest(exampleNetwork, example.request);
    assert(parsed.type === 'request', inspect(parsed));
    assert.equal(parsed.roots.signingRoot, example.request.signingRoot);
  });
}

const headerOf = (example: Example) => {
  const block = example.request.beacon_block as { version: string; block?: unknown; block_header?: unknown };
  if (block.block_header !== undefined) return readHeader(block.block_header, 'header');
  if (block.version === 'PHASE0') return readPhase0Block(block.block, 'block');
  return readAltairBlock(block.block, 'block', exampleNetwork.preset);
};

for (const example of examples?.filter(beyondReality) ?? []) {
  test(`the example ${example.name} has our signing root, and a number that the parser refuses`, () => {
    if (example.request.type === 'VALIDATOR_REGISTRATION') {
      const value = jsonReader(ValidatorRegistration)(example.request.validator_registration, 'registration');
      const domain = computeDomain(
        domainTypes.applicationBuilder,
        exampleNetwork.genesisForkVersion,
        zeroRoot,
      );
      assert.equal(rootOf(ValidatorRegistration.hashTreeRoot(value), domain), example.request.signingRoot);
    } else {
      const root = BeaconBlockHeader.hashTreeRoot(headerOf(example));
      const domain = domainOf(exampleNetwork, domainTypes.beaconProposer, 0 as Epoch);
      assert.equal(rootOf(root, domain), example.request.signingRoot);
    }
    const parsed = parseSignRequest(exampleNetwork, example.request);
    assert.equal(parsed.type, 'malformed');
    assert(parsed.type === 'malformed');
    assert.match(parsed.detail, /is above 2\^53 - 1$/);
  });
}

for (const name of ['pyrmont', 'medalla']) {
  const deposits = readVectors(`web3signer/deposit_data-${name}.json`) as
    | readonly Record<string, string>[]
    | null;
  test(`the staking CLI's ${name} deposits verify over our signing root`, {
    skip: deposits === null ? absent : false,
  }, () => {
    assert.equal(deposits?.length, 2);
    for (const deposit of deposits ?? []) {
      const version = `0x${deposit.fork_version}`;
      const network = networkOf({
        PRESET_BASE: 'mainnet',
        GENESIS_FORK_VERSION: version,
        GENESIS_TIME: 1,
        GENESIS_VALIDATORS_ROOT: zeroRoot,
        SECONDS_PER_SLOT: 12,
      });
      const parsed = parseSignRequest(network, {
        type: 'DEPOSIT',
        deposit: {
          pubkey: `0x${deposit.pubkey}`,
          withdrawal_credentials: `0x${deposit.withdrawal_credentials}`,
          amount: deposit.amount,
          genesis_fork_version: version,
        },
      });
      assert(parsed.type === 'request', inspect(parsed));
      assert.equal(parsed.roots.objectRoot, `0x${deposit.deposit_message_root}`);
      const bls = bls12_381.longSignatures;
      const message = bls.hash(
        fromHex(parsed.roots.signingRoot),
        'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_',
      );
      assert(bls.verify(fromHex(`0x${deposit.signature}`), message, fromHex(`0x${deposit.pubkey}`)));
    }
  });
}
