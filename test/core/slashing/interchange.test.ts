import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Root } from '../../../src/core/ids.ts';
import { minimise, renderInterchange } from '../../../src/core/slashing/interchange.ts';
import { type ParsedInterchange, parseInterchange } from '../../../src/core/slashing/parse-interchange.ts';
import { beyond, type KeyHistory } from '../../../src/core/slashing/record.ts';

const network = `0x${'ab'.repeat(32)}` as Root;
const key = `0x${'12'.repeat(48)}`;
const root = `0x${'34'.repeat(32)}` as Root;

const parsed = (text: string): Extract<ParsedInterchange, { readonly type: 'parsed' }>['interchange'] => {
  const result = parseInterchange(text);
  assert.ok(result.type === 'parsed', JSON.stringify(result));
  return result.interchange;
};

const fileOf = (change: {
  readonly metadata?: object;
  readonly entry?: object;
  readonly block?: object;
  readonly vote?: object;
}): string =>
  JSON.stringify({
    metadata: { interchange_format_version: '5', genesis_validators_root: network, ...change.metadata },
    data: [
      {
        pubkey: key,
        signed_blocks: [{ slot: '7', signing_root: root, ...change.block }],
        signed_attestations: [{ source_epoch: '1', target_epoch: '2', ...change.vote }],
        ...change.entry,
      },
    ],
  });

test('a file is read into one history per key, with unknown roots as null', () => {
  assert.deepEqual(parsed(fileOf({})), {
    genesisValidatorsRoot: network,
    histories: [
      {
        key,
        blocks: [{ slot: 7, signingRoot: root }],
        attestations: [{ source: 1, target: 2, signingRoot: null }],
      },
    ],
  });
});

test('keys and roots are lower case, and the entries of one key are merged', () => {
  const { metadata, data } = JSON.parse(fileOf({})) as { metadata: object; data: readonly object[] };
  const entry = { ...data[0], pubkey: `0x${key.slice(2).toUpperCase()}`, signed_blocks: [{ slot: '9' }] };
  const { histories } = parsed(JSON.stringify({ metadata, data: [...data, entry] }));
  assert.deepEqual(
    histories.map((history) => [
      history.key,
      history.blocks.map((block) => block.slot),
      history.attestations.length,
    ]),
    [[key, [7, 9], 2]],
  );
});

const refusals: readonly (readonly [string, string, RegExp])[] = [
  ['text that is not JSON', '{"metadata":', /^not JSON: /],
  ['an empty file', '', /^not JSON: /],
  ['a list', '[]', /^the file is a list, not an object$/],
  ['null', 'null', /^the file is null, not an object$/],
  ['a file without data', '{"metadata":{}}', /^the file lacks "data"$/],
  [
    'version 4',
    fileOf({ metadata: { interchange_format_version: '4' } }),
    /version is "4"; only "5" is understood$/,
  ],
  [
    'a short network root',
    fileOf({ metadata: { genesis_validators_root: '0x12' } }),
    /^metadata.genesis_validators_root is "0x12", not 32 bytes/,
  ],
  ['an unknown field', fileOf({ metadata: { extra: 1 } }), /^metadata has the unknown field "extra"$/],
  [
    'a short key',
    fileOf({ entry: { pubkey: '0x1234' } }),
    /^data\[0\].pubkey is "0x1234", not 48 bytes of 0x-hex$/,
  ],
  [
    'blocks that are no list',
    fileOf({ entry: { signed_blocks: {} } }),
    /^data\[0\].signed_blocks is an object, not a list$/,
  ],
  [
    'a slot as a number',
    fileOf({ block: { slot: 7 } }),
    /^data\[0\].signed_blocks\[0\].slot is 7, not a uint64 as a decimal string$/,
  ],
  ['a negative slot', fileOf({ block: { slot: '-1' } }), /slot is "-1", not a uint64/],
  ['a fraction', fileOf({ block: { slot: '1.5' } }), /slot is "1.5", not a uint64/],
  ['an exponent', fileOf({ block: { slot: '1e3' } }), /slot is "1e3", not a uint64/],
  ['hex', fileOf({ block: { slot: '0x10' } }), /slot is "0x10", not a uint64/],
  ['a leading zero', fileOf({ block: { slot: '07' } }), /slot is "07", not a uint64/],
  ['2^64', fileOf({ block: { slot: '18446744073709551616' } }), /above 2\^64 - 1$/],
  [
    'a missing target',
    fileOf({ vote: { target_epoch: undefined } }),
    /^data\[0\].signed_attestations\[0\] lacks "target_epoch"$/,
  ],
  [
    'a root with a bad digit',
    fileOf({ block: { signing_root: `0x${'zz'.repeat(32)}` } }),
    /signing_root is "0xzz/,
  ],
  [
    'a very long value',
    fileOf({ entry: { pubkey: 'x'.repeat(5000) } }),
    /^data\[0\].pubkey is "x{76}\.\.\., not 48 bytes/,
  ],
];

for (const [what, text, reason] of refusals) {
  test(`${what} is refused with its place`, () => {
    const result = parseInterchange(text);
    assert.ok(result.type === 'malformed');
    assert.match(result.reason, reason);
  });
}

test('a number from 2^53 on stands above every slot and epoch, without its root', () => {
  for (const number of ['9007199254740992', '9007199254740993', '18446744073709551615']) {
    const [history] = parsed(
      fileOf({ block: { slot: number }, vote: { target_epoch: number, signing_root: root } }),
    ).histories;
    assert.deepEqual(history?.blocks, [{ slot: beyond, signingRoot: null }]);
    assert.deepEqual(history?.attestations, [{ source: 1, target: beyond, signingRoot: null }]);
  }
  const [exact] = parsed(fileOf({ block: { slot: '9007199254740991' } })).histories;
  assert.deepEqual(exact?.blocks, [{ slot: Number.MAX_SAFE_INTEGER, signingRoot: root }]);
});

test('what stands above every number is written as the highest uint64', () => {
  const history = { key, blocks: [{ slot: beyond, signingRoot: null }], attestations: [] };
  assert.match([...renderInterchange(network, [history])].join(''), /"slot":"18446744073709551615"/);
});

const number = fc.oneof(fc.nat(20), fc.maxSafeNat());
const maybeRoot = fc.constantFrom(null, root);
const plain = { noNullPrototype: true } as const;
const histories: fc.Arbitrary<readonly KeyHistory[]> = fc.uniqueArray(
  fc.record(
    {
      key: fc.nat(5).map((at) => `0x${String(at).repeat(96)}`),
      blocks: fc.array(fc.record({ slot: number, signingRoot: maybeRoot }, plain)),
      attestations: fc.array(fc.record({ source: number, target: number, signingRoot: maybeRoot }, plain)),
    },
    plain,
  ),
  { selector: (history) => history.key },
);

test('what is rendered is read back as it was', () => {
  fc.assert(
    fc.property(histories, (given) => {
      const text = [...renderInterchange(network, given)].join('');
      assert.deepEqual(parsed(text), { genesisValidatorsRoot: network, histories: given });
    }),
  );
});

test('the minimal form is one record of each kind with the highest numbers and no root', () => {
  const attestations = [
    { source: 3, target: 5, signingRoot: root },
    { source: 4, target: 4, signingRoot: root },
  ];
  const blocks = [
    { slot: 9, signingRoot: root },
    { slot: 2, signingRoot: null },
  ];
  assert.deepEqual(minimise({ key, attestations, blocks }), {
    key,
    attestations: [{ source: 4, target: 5, signingRoot: null }],
    blocks: [{ slot: 9, signingRoot: null }],
  });
  assert.deepEqual(minimise({ key, attestations: [], blocks: [] }), { key, attestations: [], blocks: [] });
});

test('no text makes the reader throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.equal(parseInterchange(text).type, 'malformed');
    }),
  );
});
