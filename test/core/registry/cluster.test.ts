import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCluster } from '../../../src/core/registry/cluster.ts';
import { parseOperatorPublicKey, publicKeyText } from '../../../src/core/registry/operator-public-key.ts';
import { hexOf, type SampleCluster, sampleCluster, samplePublicKey } from './sample-cluster.ts';

const problemsOf = (value: unknown): readonly string[] => {
  const outcome = parseCluster(value);
  return outcome.type === 'ok' ? [] : outcome.problems;
};

test('a cluster file is read with defaults applied to every validator', () => {
  const outcome = parseCluster(sampleCluster([7, 3, 512, 70000]));
  assert.ok(outcome.type === 'ok');
  assert.equal(outcome.value.network, 'hoodi');
  const [first, second] = outcome.value.validators;
  assert.deepEqual(first?.operators, [3, 7, 512, 70000]);
  assert.deepEqual(first?.policy, { feeRecipient: hexOf(0xfe, 20), gasLimit: 60_000_000n });
  assert.equal(second?.shares.size, 4);
});

test("a validator's own fee recipient, gas limit and operators win over the defaults", () => {
  const cluster = sampleCluster([1, 2, 3, 4, 5]);
  Object.assign(cluster.validators[0] ?? {}, {
    operators: [5, 4, 2, 1],
    feeRecipient: hexOf(0xab, 20).toUpperCase().replace('X', 'x'),
    gasLimit: '36000000000000000000'.slice(0, 18),
  });
  const outcome = parseCluster(cluster);
  assert.ok(outcome.type === 'ok');
  assert.deepEqual(outcome.value.validators[0]?.operators, [1, 2, 4, 5]);
  assert.deepEqual(outcome.value.validators[0]?.policy, {
    feeRecipient: hexOf(0xab, 20),
    gasLimit: 360000000000000000n,
  });
});

type Bend = (cluster: SampleCluster) => void;
const firstOperator = (cluster: SampleCluster): Record<string, unknown> =>
  cluster.operators[0] as Record<string, unknown>;
const firstValidator = (cluster: SampleCluster): Record<string, unknown> =>
  cluster.validators[0] as Record<string, unknown>;

const table: readonly [title: string, bend: Bend, problem: RegExp][] = [
  ['another version', (c) => (c.version = 2), /^version: must be 1/],
  ['no network', (c) => delete c.network, /^network: must be the name of a network/],
  [
    'an unknown key at the top',
    (c) => (c.quorum = 3),
    /^quorum: is not known here; known are version, network/,
  ],
  [
    'an unknown key of an operator',
    (c) => (firstOperator(c).name = 'x'),
    /^operators\[0\]\.name: is not known/,
  ],
  [
    'an unknown key of a validator',
    (c) => (firstValidator(c).pubkey = 'x'),
    /^validators\[0\]\.pubkey: is not known/,
  ],
  ['operator id 0', (c) => (firstOperator(c).id = 0), /^operators\[0\]\.id: must be a whole number/],
  ['operator id as text', (c) => (firstOperator(c).id = '1'), /^operators\[0\]\.id: must be a whole number/],
  [
    'an RSA key that is none',
    (c) => (firstOperator(c).publicKey = 'AAAA'),
    /^operators\[0\]\.publicKey: must be an RSA/,
  ],
  [
    'an address that is no multiaddr',
    (c) => (firstOperator(c).addresses = ['10.0.0.1:16000']),
    /^operators\[0\]\.addresses\[0\]: must be a multiaddr/,
  ],
  [
    'an address with a port above 65535',
    (c) => (firstOperator(c).addresses = ['/ip4/1.2.3.4/tcp/65536']),
    /^operators\[0\]\.addresses\[0\]/,
  ],
  [
    'an IPv4 address with 256',
    (c) => (firstOperator(c).addresses = ['/ip4/1.2.3.256/tcp/1']),
    /^operators\[0\]\.addresses\[0\]/,
  ],
  [
    'a validator key read by YAML as a number',
    (c) => (firstValidator(c).publicKey = 1.2e115),
    /^validators\[0\]\.publicKey: must be 48 bytes of 0x-hex \(quoted\)/,
  ],
  [
    'a share keyed by a name',
    (c) => (firstValidator(c).shares = { one: hexOf(1, 48) }),
    /^validators\[0\]\.shares: must be keyed by operators' ids/,
  ],
  [
    'a share of 47 bytes',
    (c) => (firstValidator(c).shares = { 1: hexOf(1, 47) }),
    /^validators\[0\]\.shares\.1: must be 48 bytes/,
  ],
  ['no shares', (c) => delete firstValidator(c).shares, /^validators\[0\]\.shares: must map each operator/],
  [
    'a gas limit of 0',
    (c) => (firstValidator(c).gasLimit = 0),
    /^validators\[0\]\.gasLimit: must be a whole number/,
  ],
  [
    'a fee recipient of 19 bytes',
    (c) => (firstValidator(c).feeRecipient = hexOf(1, 19)),
    /^validators\[0\]\.feeRecipient/,
  ],
  [
    'too few operators',
    (c) => (c.operators = c.operators.slice(0, 3)),
    /^operators: must have 4 to 1000 items, has 3/,
  ],
  [
    'a list in place of a validator',
    (c) => (c.validators = [[] as never]),
    /^validators\[0\]: must be a mapping/,
  ],
];

for (const [title, bend, problem] of table) {
  test(`${title} is one readable problem`, () => {
    const cluster = sampleCluster();
    bend(cluster);
    const problems = problemsOf(cluster);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });
}

test('all problems of a file are told at once, and no more than fifty', () => {
  const cluster = sampleCluster();
  cluster.version = 0;
  firstOperator(cluster).id = -1;
  firstValidator(cluster).publicKey = 5;
  assert.equal(problemsOf(cluster).length, 3);
  cluster.validators = Array.from({ length: 200 }, () => ({}));
  const many = problemsOf(cluster);
  assert.equal(many.length, 51);
  assert.match(many.at(-1) ?? '', /^\.\.\. and \d+ more problems$/);
});

test('whatever a parser returns, the answer is a list of problems or a cluster, never an exception', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      assert.ok(problemsOf(value).length > 0);
    }),
    { numRuns: 300 },
  );
  const keys = ['version', 'network', 'operators', 'defaults', 'validators'] as const;
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
      parseCluster({ ...sampleCluster(), [key]: value });
    }),
    { numRuns: 300 },
  );
});

test('every spelling of one RSA key is read as the same text', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const relabelled = spki.replaceAll('PUBLIC KEY', 'RSA PUBLIC KEY');
  const pkcs1 = publicKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  for (const spelling of [
    spki,
    relabelled,
    pkcs1,
    btoa(spki),
    btoa(relabelled),
    btoa(pkcs1),
    ` ${btoa(spki)}\n`,
  ]) {
    assert.equal(parseOperatorPublicKey(spelling), relabelled);
  }
  assert.equal(publicKeyText(relabelled).length, 612);
});

test('keys of another size, another kind or another exponent are refused', () => {
  const pem = (key: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer }): string =>
    key.export({ type: 'spki', format: 'pem' }).toString();
  assert.equal(
    parseOperatorPublicKey(pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)),
    null,
  );
  assert.equal(parseOperatorPublicKey(pem(generateKeyPairSync('ed25519').publicKey)), null);
  const odd = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
  assert.equal(parseOperatorPublicKey(pem(odd.publicKey)), null);
  assert.equal(parseOperatorPublicKey('A'.repeat(5000)), null);
  assert.notEqual(parseOperatorPublicKey(samplePublicKey(1)), null);
});
