/**
 * Hello's messages and digests as values: codecs, bounds, what a signature covers.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLiveRegistry } from '../../src/app/live-registry.ts';
import { toHex } from '../../src/core/bytes.ts';
import {
  addressesMax,
  type Claim,
  clusterDigest,
  type Evidence,
  encodeHello,
  helloBytesMax,
  type Peers,
  parseHello,
  type Statement,
  statementOf,
  validatorsDigest,
} from '../../src/p2p/hello-message.ts';
import { domain, id, makeRegistry, rsaOf } from './cluster.ts';

const hex = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(toHex);
const peer = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo';
const evidence: fc.Arbitrary<Evidence> = fc.record({
  signedAtMs: fc.nat(),
  digest: hex(32),
  signature: hex(256),
  peer: fc.constant(peer),
  instance: hex(16),
  signerNonce: hex(32),
  verifierNonce: hex(32),
});
const address = fc.nat(65535).map((port) => `/ip4/192.0.2.1/tcp/${port}`);
const addresses = fc.array(address, { maxLength: addressesMax });
const operator = fc.integer({ min: 1, max: 0xffffffff }).map(id);
const message = fc.oneof(
  fc.record({
    type: fc.constant('claim' as const),
    version: fc.nat(),
    domain: hex(4),
    operator,
    nonce: hex(32),
    instance: hex(16),
  }),
  fc.record({
    type: fc.constant('proof' as const),
    signedAtMs: fc.nat(),
    digest: hex(32),
    signature: hex(256),
  }),
  fc.record({
    type: fc.constant('peers' as const),
    addresses,
    known: fc.array(fc.record({ operator, addresses }), { maxLength: 48 }),
    validators: hex(32),
    twin: fc.option(evidence),
  }),
  fc.record({ type: fc.constant('refused' as const), why: fc.constant('bad-signature' as const) }),
);

test('every message survives the wire and fits a frame', () => {
  fc.assert(
    fc.property(message, (sent) => {
      const bytes = encodeHello(sent);
      assert.ok(bytes.length <= helloBytesMax);
      assert.deepEqual(parseHello(bytes), JSON.parse(JSON.stringify(sent)));
    }),
  );
});

test('the largest offer of addresses still fits a frame', () => {
  const long = `/dns4/${'a'.repeat(110)}/tcp/65535`;
  const known = Array.from({ length: 500 }, (_, at) => ({
    operator: id(at + 1),
    addresses: Array(50).fill(long) as string[],
  }));
  const offer: Peers = {
    type: 'peers',
    addresses: Array(50).fill(long) as string[],
    known,
    validators: toHex(new Uint8Array(32)),
    twin: null,
  };
  const bytes = encodeHello(offer);
  assert.ok(bytes.length <= helloBytesMax, `${bytes.length}`);
  const parsed = parseHello(bytes);
  assert.ok(parsed?.type === 'peers' && parsed.addresses.length === addressesMax);
});

test('bytes of a stranger are a message or null, never an exception', () => {
  const almost = message.chain((sent) =>
    fc
      .record({ field: fc.constantFrom(...Object.keys(sent)), value: fc.jsonValue() })
      .map(({ field, value }) => ({ ...sent, [field]: value })),
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => parseHello(bytes) === null || true));
  fc.assert(
    fc.property(fc.oneof(almost, fc.jsonValue()), (value) => {
      const parsed = parseHello(new TextEncoder().encode(JSON.stringify(value)));
      assert.ok(parsed === null || typeof parsed.type === 'string');
    }),
  );
});

const claim: Claim = {
  type: 'claim',
  version: 1,
  domain: '0x51010203',
  operator: id(1),
  nonce: `0x${'11'.repeat(32)}`,
  instance: `0x${'22'.repeat(16)}`,
};
const malformed: readonly (readonly [string, object])[] = [
  ['an operator of 0', { ...claim, operator: 0 }],
  ['an operator beyond uint32', { ...claim, operator: 2 ** 32 }],
  ['a short nonce', { ...claim, nonce: '0x11' }],
  ['a nonce without 0x', { ...claim, nonce: '11'.repeat(33) }],
  ['a long domain', { ...claim, domain: `0x${'00'.repeat(33)}` }],
  ['an unknown type', { ...claim, type: 'hi' }],
  ['an unknown refusal', { type: 'refused', why: 'because' }],
  [
    'a huge signature',
    { type: 'proof', signedAtMs: 1, digest: claim.nonce, signature: `0x${'00'.repeat(513)}` },
  ],
  ['a negative time', { type: 'proof', signedAtMs: -1, digest: claim.nonce, signature: '0x00' }],
  [
    'no list of addresses',
    { type: 'peers', addresses: null, known: [], validators: claim.nonce, twin: null },
  ],
];
for (const [title, value] of malformed) {
  test(`a message with ${title} is none`, () => {
    assert.equal(parseHello(new TextEncoder().encode(JSON.stringify(value))), null);
  });
}

test('a proof covers every field of its statement', () => {
  const nonce = (byte: number) => toHex(new Uint8Array(32).fill(byte));
  const base: Statement = {
    domain,
    signer: { operator: id(1), peer: 'peer-a', nonce: nonce(1), instance: toHex(new Uint8Array(16)) },
    verifier: { operator: id(2), peer: 'peer-b', nonce: nonce(2) },
    signedAtMs: 1,
    digest: nonce(3),
  };
  const { signer, verifier } = base;
  const others: readonly Statement[] = [
    { ...base, domain: Uint8Array.of(1, 2, 3, 4) },
    { ...base, signer: { ...signer, operator: id(3) } },
    { ...base, signer: { ...signer, peer: 'peer-c' } },
    { ...base, signer: { ...signer, nonce: nonce(4) } },
    { ...base, signer: { ...signer, instance: toHex(new Uint8Array(16).fill(1)) } },
    { ...base, verifier: { ...verifier, operator: id(3) } },
    { ...base, verifier: { ...verifier, peer: 'peer-c' } },
    { ...base, verifier: { ...verifier, nonce: nonce(4) } },
    { ...base, signedAtMs: 2 },
    { ...base, digest: nonce(4) },
    // The other side's own statement: a proof sent back to its maker says something else.
    { ...base, signer: { ...verifier, instance: signer.instance }, verifier: signer },
    { ...base, signer: { ...signer, peer: 'peer-apeer' }, verifier: { ...verifier, peer: '-b' } },
  ];
  const all = [base, ...others].map((statement) => toHex(statementOf(statement)));
  assert.equal(new Set(all).size, all.length);
});

test('both sides compute one cluster digest, and keys, members and network change it', () => {
  const registry = makeRegistry({
    committees: [
      [1, 2, 3, 4],
      [1, 2, 5, 6],
      [3, 4, 5, 6],
    ],
  });
  const digest = clusterDigest(registry, domain, id(1), id(2));
  assert.equal(clusterDigest(registry, domain, id(2), id(1)), digest);
  const wrapped = rsaOf(3).publicPem.replaceAll('\n', '\r\n');
  const same = makeRegistry({
    committees: [
      [1, 2, 5, 6],
      [1, 2, 3, 4],
    ],
    keys: { 3: wrapped },
  });
  assert.equal(
    clusterDigest(same, domain, id(1), id(2)),
    digest,
    'order, line ends and committees of others do not',
  );
  const others = [
    clusterDigest(
      makeRegistry({
        committees: [
          [1, 2, 3, 4],
          [1, 2, 5, 6],
        ],
        keys: { 3: rsaOf(9).publicPem },
      }),
      domain,
      id(1),
      id(2),
    ),
    clusterDigest(makeRegistry({ committees: [[1, 2, 3, 4]] }), domain, id(1), id(2)),
    clusterDigest(registry, Uint8Array.of(0), id(1), id(2)),
  ];
  assert.equal(new Set([digest, ...others]).size, 4);
});

test('the validators digest sees a validator more', () => {
  const [one, two] = [1, 2].map((validators) => makeRegistry({ committees: [[1, 2, 3, 4]], validators }));
  assert.ok(one !== undefined && two !== undefined);
  assert.equal(validatorsDigest(one, id(1), id(2)), validatorsDigest(one, id(2), id(1)));
  assert.notEqual(validatorsDigest(one, id(1), id(2)), validatorsDigest(two, id(1), id(2)));
  const live = createLiveRegistry(one);
  assert.equal(validatorsDigest(live, id(1), id(2)), validatorsDigest(one, id(1), id(2)));
  live.replace(two);
  assert.equal(validatorsDigest(live, id(1), id(2)), validatorsDigest(two, id(1), id(2)));
});
