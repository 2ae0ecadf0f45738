/**
 * Reading sign requests: what clients send in their different ways, and what is refused.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { renderWeb3Signer } from '../../../src/core/eth2/render.ts';
import { parseSignRequest } from '../../../src/core/eth2/request.ts';
import type { Signable } from '../../../src/core/eth2/signable.ts';
import { rootsOf } from '../../../src/core/eth2/signing-root.ts';
import { everyFork } from './networks.ts';
import { signableArbitraries } from './signables.ts';

type Json = Record<string, unknown>;

const network = everyFork('minimal');
const arbitraries = signableArbitraries(network);

const sample = (type: Signable['type'], seed = 1): Signable => {
  const [signable] = fc.sample(arbitraries[type], { numRuns: 1, seed });
  assert(signable !== undefined);
  return signable;
};

/** A fresh copy of the request for one signable. */
const bodyOf = (signable: Signable): Json =>
  structuredClone(renderWeb3Signer(network, signable, rootsOf(network, signable))) as Json;

const at = (object: unknown, ...keys: readonly string[]): Json =>
  keys.reduce((inner, key) => inner[key] as Json, object as Json);

const accepted = (body: unknown, signable: Signable): void => {
  const parsed = parseSignRequest(network, body);
  assert(parsed.type === 'request', inspect(parsed));
  assert.deepEqual(parsed.signable, signable);
  assert.deepEqual(parsed.roots, rootsOf(network, signable));
};

const refused = (body: unknown, type: string, detail: RegExp): void => {
  const parsed = parseSignRequest(network, body);
  assert(parsed.type !== 'request', inspect(parsed));
  assert.equal(parsed.type, type, parsed.detail);
  assert.match(parsed.detail, detail);
};

const attestation = sample('attestation');
const electraAggregate: Signable = (() => {
  for (let seed = 1; ; seed++) {
    const signable = sample('aggregate', seed);
    if (signable.type === 'aggregate' && signable.slot >= 400 && signable.slot < 560) return signable;
  }
})();

test('the signing root may come under either name, in upper case, or not at all', () => {
  const { signingRoot, ...rest } = bodyOf(attestation);
  accepted(rest, attestation);
  accepted({ ...rest, signing_root: signingRoot }, attestation);
  accepted({ ...rest, signingRoot: `0x${String(signingRoot).slice(2).toUpperCase()}` }, attestation);
  accepted({ ...rest, signingRoot: null }, attestation);
});

test('another signing root is refused, under either name', () => {
  const other = `0x${'11'.repeat(32)}`;
  refused({ ...bodyOf(attestation), signingRoot: other }, 'root-mismatch', /signing root is 0x1111/);
  refused({ ...bodyOf(attestation), signing_root: other }, 'root-mismatch', /its content has 0x/);
  refused(
    { ...bodyOf(attestation), signingRoot: '0x12' },
    'malformed',
    /^signingRoot is not 0x-hex of 32 bytes$/,
  );
  refused({ ...bodyOf(attestation), signingRoot: 7 }, 'malformed', /^signingRoot is not/);
});

test('type is matched in any case, numbers may be JSON numbers, and unknown properties are ignored', () => {
  const body = bodyOf(attestation);
  assert(attestation.type === 'attestation');
  accepted({ ...body, type: 'attestation', proofs: [] }, attestation);
  at(body, 'attestation').slot = attestation.slot;
  at(body, 'attestation').extra = { deep: true };
  at(body, 'fork_info', 'fork').epoch = Number(at(body, 'fork_info', 'fork').epoch);
  accepted(body, attestation);
});

test('aggregates are read bare or wrapped, under both names, whatever version they claim', () => {
  for (const signable of [electraAggregate, sample('aggregate', 3)]) {
    const body = bodyOf(signable);
    const given = body.aggregate_and_proof as Json;
    const bare = (given.data ?? given) as Json;
    for (const type of ['AGGREGATE_AND_PROOF', 'AGGREGATE_AND_PROOF_V2', 'aggregate_and_proof_v2']) {
      accepted({ ...body, type, aggregate_and_proof: bare }, signable);
      accepted({ ...body, type, aggregate_and_proof: { version: 'PHASE0', data: bare } }, signable);
      accepted({ ...body, type, aggregate_and_proof: { data: bare } }, signable);
    }
  }
});

test('an Electra aggregate without committee bits is malformed, and names the field', () => {
  const body = bodyOf(electraAggregate);
  delete at(body, 'aggregate_and_proof', 'data', 'aggregate').committee_bits;
  refused(body, 'malformed', /^aggregate_and_proof\.data\.aggregate\.committee_bits is missing$/);
});

test('fork_info may name the epoch of the message as the epoch of its fork', () => {
  const body = bodyOf(attestation);
  assert(attestation.type === 'attestation');
  at(body, 'fork_info', 'fork').epoch = String(attestation.vote.target.epoch);
  accepted(body, attestation);
});

test('another chain or another fork schedule is refused, and both values are named', () => {
  const chain = bodyOf(attestation);
  at(chain, 'fork_info').genesis_validators_root = `0x${'22'.repeat(32)}`;
  refused(chain, 'wrong-network', /genesis validators root is 0x2222.*, but test-minimal has 0x0470/);
  const schedule = bodyOf(attestation);
  Object.assign(at(schedule, 'fork_info', 'fork'), {
    previous_version: '0xaabbccdd',
    current_version: '0xaabbccdd',
  });
  refused(schedule, 'wrong-network', /fork version at epoch \d+ is 0xaabbccdd, but test-minimal has 0x0/);
  const deposit = bodyOf(sample('deposit'));
  at(deposit, 'deposit').genesis_fork_version = '0x00000002';
  refused(deposit, 'wrong-network', /genesis fork version is 0x00000002, but test-minimal has 0x00000001/);
});

test('fork_info is required where a fork matters, and ignored on registrations', () => {
  const { fork_info: _, ...rest } = bodyOf(attestation);
  refused(rest, 'malformed', /^fork_info is missing$/);
  const noFork = bodyOf(attestation);
  delete at(noFork, 'fork_info').fork;
  refused(noFork, 'malformed', /^fork_info\.fork is missing$/);
  const registration = sample('registration');
  const forkInfo = { fork: {}, genesis_validators_root: `0x${'00'.repeat(32)}` };
  accepted({ ...bodyOf(registration), fork_info: forkInfo }, registration);
});

test('an exit is read whatever fork its client names, but not for another chain', () => {
  const exit = sample('exit');
  const body = bodyOf(exit);
  Object.assign(at(body, 'fork_info', 'fork'), {
    previous_version: '0x05000001',
    current_version: '0x06000001',
  });
  accepted(body, exit);
  at(body, 'fork_info').genesis_validators_root = `0x${'22'.repeat(32)}`;
  refused(body, 'wrong-network', /genesis validators root/);
});

test('what is not settled is told apart from what is not known', () => {
  const body = bodyOf(attestation);
  refused(
    { ...body, type: 'EXECUTION_PAYLOAD_BID' },
    'unsupported',
    /EXECUTION_PAYLOAD_BID is not supported/,
  );
  refused({ ...body, type: 'ATTEST' }, 'malformed', /^type is not a sign type of this API$/);
  refused({ ...body, type: 'toString' }, 'malformed', /^type is not/);
  refused({ ...body, type: undefined }, 'malformed', /^type is missing$/);
  const heze = bodyOf(electraAggregate);
  at(heze, 'aggregate_and_proof', 'data', 'aggregate', 'data').slot = String(85 * 8);
  refused(heze, 'unsupported', /aggregates of the fork of this slot/);
  const block = { version: 'FULU', block: { slot: '1' } };
  refused({ ...bodyOf(sample('block')), beacon_block: block }, 'unsupported', /send block_header/);
});

const edits: readonly (readonly [string, (data: Json) => void, RegExp])[] = [
  ['missing slot', (d) => delete d.slot, /^attestation\.slot is missing$/],
  ['null slot', (d) => Object.assign(d, { slot: null }), /^attestation\.slot is missing$/],
  ['negative slot', (d) => Object.assign(d, { slot: -1 }), /^attestation\.slot is not a uint64 in decimal$/],
  ['fraction', (d) => Object.assign(d, { slot: 1.5 }), /^attestation\.slot is not a uint64/],
  ['digits with a tail', (d) => Object.assign(d, { slot: '12abc' }), /^attestation\.slot is not a uint64/],
  ['hexadecimal number', (d) => Object.assign(d, { slot: '0x10' }), /^attestation\.slot is not a uint64/],
  ['empty text', (d) => Object.assign(d, { slot: '' }), /^attestation\.slot is not a uint64/],
  [
    'number above 2^53',
    (d) => Object.assign(d, { slot: '9007199254740993' }),
    /^attestation\.slot is above 2\^53 - 1$/,
  ],
  [
    'number above 2^64',
    (d) => Object.assign(d, { slot: '18446744073709551616' }),
    /^attestation\.slot is not a uint64/,
  ],
  [
    'short root',
    (d) => Object.assign(d, { beacon_block_root: '0x1234' }),
    /beacon_block_root is not 0x-hex of 32/,
  ],
  [
    'bad hex',
    (d) => Object.assign(d, { beacon_block_root: `0x${'zz'.repeat(32)}` }),
    /beacon_block_root is not 0x-hex/,
  ],
  [
    'no 0x',
    (d) => Object.assign(d, { beacon_block_root: 'ab'.repeat(33) }),
    /beacon_block_root is not 0x-hex/,
  ],
  ['list for an object', (d) => Object.assign(d, { source: [] }), /^attestation\.source is not an object$/],
  [
    'missing root inside',
    (d) => Object.assign(d, { target: { epoch: 1 } }),
    /^attestation\.target\.root is missing$/,
  ],
];

for (const [what, edit, detail] of edits) {
  test(`an attestation with a ${what} is malformed, and the place is named`, () => {
    const body = bodyOf(attestation);
    edit(at(body, 'attestation'));
    refused(body, 'malformed', detail);
  });
}

test('a subcommittee that does not exist is malformed', () => {
  const body = bodyOf(sample('sync-selection-proof'));
  at(body, 'sync_aggregator_selection_data').subcommittee_index = '4';
  refused(body, 'malformed', /subcommittee_index is not below 4$/);
});

test('any JSON at all is answered with an outcome, and details stay short', () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined));
  const edit = fc.record({
    type: fc.constantFrom(...Object.keys(arbitraries)),
    key: fc.nat(),
    inner: fc.nat(),
    value,
  });
  fc.assert(
    fc.property(edit, ({ type, key, inner, value: given }) => {
      const body = bodyOf(sample(type as Signable['type']));
      const keys = Object.keys(body).filter((name) => name !== 'signingRoot');
      const name = keys[key % keys.length] ?? 'type';
      const target = body[name];
      if (typeof target === 'object' && target !== null) {
        const names = Object.keys(target);
        (target as Json)[names[inner % names.length] ?? 'x'] = given;
      } else body[name] = given;
      const parsed = parseSignRequest(network, body);
      if (parsed.type !== 'request') assert(parsed.detail.length < 300);
    }),
    { numRuns: 500 },
  );
  for (const body of [null, undefined, [], 'x', 1, {}])
    assert.equal(parseSignRequest(network, body).type, 'malformed');
});
