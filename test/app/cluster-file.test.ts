import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { stringify } from 'yaml';
import { loadCluster, loadNetwork } from '../../src/app/cluster-file.ts';
import { readDocument } from '../../src/app/settings/document.ts';
import { sampleCluster } from '../core/registry/sample-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-cluster-'));
after(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const problemsOf = (path: string): string => {
  const outcome = loadCluster(path);
  assert.equal(outcome.type, 'problems');
  return outcome.type === 'problems' ? outcome.problems.join('\n') : '';
};

test('an unquoted 0x key in YAML stays text', () => {
  const document = readDocument(file('hex.yaml', `key: 0x${'ab'.repeat(48)}\nnumber: 12\n`), 1000);
  assert.deepEqual(document, { type: 'ok', value: { key: `0x${'ab'.repeat(48)}`, number: 12 } });
});

for (const name of ['cluster.yaml', 'cluster.json']) {
  test(`${name} is read to the end: only the shares of the sample are wrong`, () => {
    const text = name.endsWith('json') ? JSON.stringify(sampleCluster()) : stringify(sampleCluster());
    const path = file(name, text);
    assert.match(
      problemsOf(path),
      new RegExp(`^${path}: validators\\[0\\]\\.publicKey: is not a BLS public key$`, 'm'),
    );
  });
}

for (const [title, text] of [
  ['an empty file', ''],
  ['broken YAML', 'version: [1'],
  ['a key given twice', 'version: 1\nversion: 1\n'],
  ['binary rubbish', '\u0000\u0001\u0002'],
  [
    'a flood of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from(
      { length: 12 },
      (_, at) =>
        `b${at}: &b${at} [${Array(9)
          .fill(at === 0 ? '*a' : `*b${at - 1}`)
          .join(',')}]`,
    ).join('\n')}`,
  ],
] as const) {
  test(`${title} in place of a cluster is a readable problem with the path`, () => {
    const path = file('broken.yaml', text);
    assert.ok(problemsOf(path).startsWith(`${path}: `));
  });
}

test('a file above the limit is not read', () => {
  assert.match(
    JSON.stringify(readDocument(file('large.yaml', 'x'.repeat(101)), 100)),
    /has 101 bytes; at most 100 are read/,
  );
});

test('a network is found by name where all who name one agree', () => {
  const both = [
    { source: 'the cluster file', name: 'hoodi' },
    { source: '--network', name: 'hoodi' },
  ];
  const outcome = loadNetwork(both, undefined);
  assert.ok(outcome.type === 'ok');
  assert.equal(outcome.value.name, 'hoodi');
});

for (const [title, named, network, problem] of [
  [
    'two names that differ',
    ['hoodi', 'mainnet'],
    undefined,
    /says network hoodi, .* says mainnet: they must agree/,
  ],
  ['a name that nobody knows', ['holesky2'], undefined, /known are mainnet, hoodi/],
  ['custom without a file', ['custom'], undefined, /needs --network-file/],
  ['a network file that is missing', ['custom'], '/nowhere.yaml', /^\/nowhere\.yaml: cannot be read: ENOENT/],
] as const) {
  test(`${title} is a problem`, () => {
    const outcome = loadNetwork(
      named.map((name, at) => ({ source: `place ${at}`, name })),
      network,
    );
    assert.ok(outcome.type === 'problems');
    assert.match(outcome.problems.join('\n'), problem);
  });
}
