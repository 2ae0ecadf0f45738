import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Keystore } from '@chainsafe/bls-keystore';
import { loadCluster } from '../../src/app/cluster-file.ts';
import { type ClusterFolder, makeClusterFolder, mnemonic } from './cluster-folder.ts';
import { quorate } from './terminal.ts';

// Ids with gaps: a share that is numbered by its place in place of the operator would not fit.
const ids = [3, 7, 20, 512];
let folder: ClusterFolder;
let mnemonicFile: string;

before(async () => {
  folder = await makeClusterFolder(ids);
  mnemonicFile = folder.write('mnemonic', `${mnemonic}\n`);
  const split = await splitTo('out', [
    '--mnemonic-file',
    mnemonicFile,
    '--count=2',
    `--fee-recipient=0x${'Ab'.repeat(20)}`,
  ]);
  assert.equal(split.code, 0, split.err);
});
after(() => folder[Symbol.dispose]());

const splitTo = (name: string, argv: readonly string[], input?: string) =>
  quorate(
    ['split', '--cluster-file', folder.operatorsFile, '--out-dir', folder.path(name), ...argv],
    input === undefined ? {} : { input },
  );

const validators = () => {
  const loaded = loadCluster(folder.path('out/cluster.yaml'));
  assert.ok(loaded.type === 'ok');
  return loaded.value.cluster.validators;
};
const firstKey = (): string => validators()[0]?.key ?? '';
const sharesOf = (operators: readonly number[], key: string): string =>
  operators.map((id) => folder.path(`out/operator-${id}/keystores/${key}.json`)).join(',');
const passwordsOf = (operators: readonly number[], key: string): string =>
  operators.map((id) => folder.path(`out/operator-${id}/passwords/${key}.txt`)).join(',');

const combine = (operators: readonly number[], outName: string, more: readonly string[] = []) =>
  quorate([
    'combine',
    `--cluster-file=${folder.path('out/cluster.yaml')}`,
    `--validator-key=${firstKey()}`,
    `--share-file=${sharesOf(operators, firstKey())}`,
    `--share-password-file=${passwordsOf(operators, firstKey())}`,
    `--out-file=${folder.path(outName)}`,
    `--out-password-file=${folder.write('out-password', 'a new password')}`,
    ...more,
  ]);

test('a mnemonic is split into share keystores for each operator and a cluster file that passes all checks', () => {
  assert.deepEqual(
    readdirSync(folder.path('out')).sort(),
    ['cluster.yaml', ...ids.map((id) => `operator-${id}`)].sort(),
  );
  assert.equal(validators().length, 2);
  // The public keys of the well-known test mnemonic (EIP-2334 m/12381/3600/i/0/0), as the deposit CLI derives them.
  assert.match(firstKey(), /^0x[0-9a-f]{96}$/);
  assert.equal(validators()[0]?.policy.feeRecipient, `0x${'ab'.repeat(20)}`);
  for (const id of ids) {
    const keystores = readdirSync(folder.path(`out/operator-${id}/keystores`));
    assert.equal(keystores.length, 2);
    for (const name of keystores) {
      assert.equal(statSync(folder.path(`out/operator-${id}/keystores/${name}`)).mode & 0o777, 0o600);
    }
  }
});

test('share keystores are EIP-2335 for another library, and hold the share of the cluster file', async () => {
  const [validator] = validators();
  for (const id of ids) {
    const base = folder.path(`out/operator-${id}`);
    const keystore = Keystore.parse(readFileSync(join(base, 'keystores', `${firstKey()}.json`), 'utf8'));
    const secret = await keystore.decrypt(readFileSync(join(base, 'passwords', `${firstKey()}.txt`), 'utf8'));
    assert.equal(secret.length, 32);
    assert.equal(`0x${keystore.pubkey}`, validator?.shares.get(id as never));
  }
});

test('the mnemonic also comes from standard input, and gives the same validators', async () => {
  const said = await splitTo('from-stdin', ['--mnemonic-file=-'], `  ${mnemonic.replaceAll(' ', '\n')} \n`);
  assert.equal(said.code, 0, said.err);
  assert.ok(readFileSync(folder.path('from-stdin/cluster.yaml'), 'utf8').includes(firstKey()));
});

test('any quorum of shares recovers the key, which splits again into the same validator', async () => {
  for (const [at, quorum] of [
    [3, 7, 20],
    [512, 3, 7],
    [3, 7, 20, 512],
  ].entries()) {
    const said = await combine(quorum, `recovered-${at}.json`);
    assert.equal(said.code, 0, said.err);
  }
  const again = await splitTo('again', [
    `--keystore-file=${folder.path('recovered-0.json')}`,
    `--keystores-password-file=${folder.path('out-password')}`,
  ]);
  assert.equal(again.code, 0, again.err);
  assert.ok(readFileSync(folder.path('again/cluster.yaml'), 'utf8').includes(firstKey()));
});

const refused = async (
  said: Promise<{ code: number; err: string; out: string }>,
  code: number,
  problem: RegExp,
  gone: string,
): Promise<void> => {
  const { code: got, err, out } = await said;
  assert.match(err, problem);
  assert.equal(got, code);
  assert.equal(out, '');
  assert.ok(!existsSync(folder.path(gone)), `${gone} was not written`);
};

test('fewer shares than the quorum are refused', () =>
  refused(combine([3, 7], 'few.json'), 1, /2 shares are too few: 3 are needed/, 'few.json'));
test('one share given twice is refused', () =>
  refused(combine([3, 3, 7], 'twice.json'), 1, /hold the share of one operator/, 'twice.json'));
test('a share of another validator is refused', async () => {
  const other = validators()[1]?.key ?? '';
  const files = `${sharesOf([3, 7], firstKey())},${sharesOf([20], other)}`;
  const passwords = `${passwordsOf([3, 7], firstKey())},${passwordsOf([20], other)}`;
  await refused(
    quorate([
      'combine',
      `--cluster-file=${folder.path('out/cluster.yaml')}`,
      `--validator-key=${firstKey()}`,
      `--share-file=${files}`,
      `--share-password-file=${passwords}`,
      `--out-file=${folder.path('mixed.json')}`,
      `--out-password-file=${folder.write('out-password', 'x')}`,
    ]),
    1,
    /is no share of this validator/,
    'mixed.json',
  );
});

test('nothing is overwritten: neither a folder of shares nor a recovered keystore', async () => {
  const shares = await splitTo('out', [`--mnemonic-file=${mnemonicFile}`]);
  assert.equal(shares.code, 1);
  assert.match(shares.err, /is there already and is not overwritten/);
  await combine([3, 7, 20], 'once.json');
  const before = readFileSync(folder.path('once.json'), 'utf8');
  const again = await combine([3, 7, 20], 'once.json');
  assert.equal(again.code, 1);
  assert.equal(readFileSync(folder.path('once.json'), 'utf8'), before);
});

test('a split that fails half way leaves nothing behind, and no error repeats a secret', async () => {
  const bad = folder.write('bad-mnemonic', 'hunter2 hunter2 hunter2');
  const table: readonly [readonly string[], RegExp, number][] = [
    [[`--mnemonic-file=${bad}`], /the mnemonic is not valid/, 1],
    [['--mnemonic-file=/nowhere'], /cannot be read/, 1],
    [[`--mnemonic-file=${mnemonicFile}`, '--operators=3,7,20'], /4, 7, 10 or 13/, 1],
    [[`--mnemonic-file=${mnemonicFile}`, '--operators=3,7,20,21'], /not in the cluster file/, 1],
    [[`--mnemonic-file=${mnemonicFile}`, '--fee-recipient=0x12'], /must be 20 bytes/, 2],
    [
      [`--keystore-file=${folder.path('mnemonic')}`, `--keystores-password-file=${bad}`],
      /is not an EIP-2335 keystore: the file is not JSON/,
      1,
    ],
    [
      [
        `--keystore-file=${folder.path('out/operator-3/keystores')}/${firstKey()}.json`,
        `--keystores-password-file=${bad}`,
      ],
      /does not open/,
      1,
    ],
    [['--count=2'], /either keystores .* or --mnemonic-file/, 2],
  ];
  for (const [argv, problem, code] of table) {
    const said = await splitTo('half', argv);
    assert.match(said.err, problem);
    assert.equal(said.code, code, said.err);
    assert.ok(!said.err.includes('hunter2') && !said.err.includes('abandon'));
  }
  assert.deepEqual(
    readdirSync(folder.path('.')).filter((name) => name.startsWith('half')),
    [],
  );
});

test('a key that is in the cluster file already is refused', async () => {
  await refused(
    quorate([
      'split',
      '--cluster-file',
      folder.path('out/cluster.yaml'),
      '--out-dir',
      folder.path('more'),
      `--mnemonic-file=${mnemonicFile}`,
    ]),
    1,
    /is in the cluster file already/,
    'more',
  );
});

test('an encrypted operator key shows its public half only with the password', async () => {
  const password = folder.write('password', 'correct horse');
  const made = await quorate(['operator-key', '--out-dir', folder.path('.'), '--password-file', password]);
  assert.equal(made.code, 0, made.err);
  const shown = await quorate([
    'operator-key',
    '--show',
    folder.path('operator-key.json'),
    '--password-file',
    password,
  ]);
  assert.equal(shown.out, made.out);
  assert.equal((await quorate(['operator-key', '--show', folder.path('operator-key.json')])).code, 1);
  assert.equal(
    (await quorate(['operator-key', '--out-dir', folder.path('.'), '--plain'])).code,
    1,
    'the .pub is there',
  );
});
