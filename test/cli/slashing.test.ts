import assert from 'node:assert/strict';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CommandReport, exportSlashing, importSlashing } from '../../src/cli/slashing.ts';
import type { ValidatorKey } from '../../src/core/ids.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createSlashingProtection } from '../../src/storage/slashing-protection.ts';
import { attestation, block, keyOf, rootOf, words } from '../storage/slashing-items.ts';
import { type Lifetime, network, temporaryFolder } from '../storage/temporary-folder.ts';

const history = [1, 2].flatMap((number) => [
  attestation({ key: keyOf(number), source: 4, target: 5 }),
  attestation({ key: keyOf(number), source: 5, target: 6, root: 2 }),
  block({ key: keyOf(number), slot: 9 }),
]);

const filled = (
  t: Lifetime,
): { readonly database: string; readonly file: string; readonly other: string } => {
  const folder = temporaryFolder(t);
  const database = join(folder, 'q.sqlite');
  using opened = openDatabase({ path: database, create: true, genesisValidatorsRoot: network });
  createSlashingProtection(opened).record(history);
  return { database, file: join(folder, 'history.json'), other: join(folder, 'other.sqlite') };
};

const importText = (
  database: string,
  text: string | Uint8Array,
  genesisValidatorsRoot = network,
): Promise<CommandReport> =>
  importSlashing({ database, genesisValidatorsRoot, from: chunks(Buffer.from(text)) });

// Three bytes at a time: a character may be cut by a chunk's end.
const chunks = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3);
};

const exportTo = (
  database: string,
  file: string,
  change: Partial<Parameters<typeof exportSlashing>[0]> = {},
) =>
  exportSlashing({
    database,
    genesisValidatorsRoot: network,
    keys: null,
    form: 'complete',
    openTo: () => createWriteStream(file),
    ...change,
  });

const answersOf = (database: string): readonly string[] => {
  using opened = openDatabase({ path: database, create: false, genesisValidatorsRoot: network });
  return words(createSlashingProtection(opened).judge(history));
};

test('a complete export, imported into an empty database, carries the whole history', async (t) => {
  const { database, file, other } = filled(t);
  assert.deepEqual(await exportTo(database, file), {
    exitCode: 0,
    text: 'exported the complete history of 2 key(s)\n',
  });
  const report = await importText(other, readFileSync(file));
  assert.equal(report.exitCode, 0);
  assert.match(
    report.text,
    /^imported 2 key\(s\), 6 new record\(s\)\n0x0+1: 2 attestation\(s\), 1 block\(s\), 3 new\n/,
  );
  assert.deepEqual(new Set(answersOf(other)), new Set(['same-data']));
});

test('a minimal export refuses all that was signed', async (t) => {
  const { database, file, other } = filled(t);
  await exportTo(database, file, { form: 'minimal' });
  assert.equal((await importText(other, readFileSync(file))).exitCode, 0);
  assert.equal(
    answersOf(other).some((answer) => answer === 'safe' || answer === 'same-data'),
    false,
  );
});

test('chosen keys only are exported', async (t) => {
  const { database, file } = filled(t);
  await exportTo(database, file, { keys: [keyOf(2) as ValidatorKey] });
  const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: readonly { pubkey: string }[] };
  assert.deepEqual(
    data.map((entry) => entry.pubkey),
    [keyOf(2)],
  );
});

test('an unknown key is refused before the file is opened', async (t) => {
  const { database, file } = filled(t);
  const report = await exportTo(database, file, {
    keys: [keyOf(1) as ValidatorKey, keyOf(3) as ValidatorKey],
  });
  assert.equal(report.exitCode, 1);
  assert.match(report.text, /^the database has no history of 0x0+3; nothing was exported\n$/);
  assert.equal(existsSync(file), false);
});

test('a missing database is told, and not made by an export', async (t) => {
  const { file, other } = filled(t);
  const report = await exportTo(other, file);
  assert.deepEqual([report.exitCode, /no such file/.test(report.text), existsSync(other)], [1, true, false]);
});

test('a running node keeps both commands out', async (t) => {
  const { database, file } = filled(t);
  using _node = openDatabase({ path: database, create: false, genesisValidatorsRoot: null });
  for (const report of [await exportTo(database, file), await importText(database, fileOf([]))]) {
    assert.equal(report.exitCode, 1);
    assert.match(report.text, /another process has it open; stop that process first/);
  }
});

test('a file that cannot be read as a history is refused, and no database is made for it', async (t) => {
  const { other } = filled(t);
  for (const text of ['', '{', fileOf([{ pubkey: '0x12' }]), new Uint8Array([0xff, 0xfe])]) {
    const report = await importText(other, text);
    assert.equal(report.exitCode, 1);
    assert.match(
      report.text,
      /^(not an interchange file of version 5: .+|the file is longer than .* or not UTF-8)\n$/,
    );
  }
  assert.equal(existsSync(other), false);
});

test('a file of another network is refused', async (t) => {
  const { database, file } = filled(t);
  await exportTo(database, file);
  const other = join(temporaryFolder(t), 'q.sqlite');
  const report = await importText(other, readFileSync(file), rootOf(7));
  assert.equal(report.exitCode, 1);
  assert.match(
    report.text,
    /network with genesis_validators_root 0x0+abc, the database of 0x0+7; nothing was imported/,
  );
});

test('an import that contradicts the database warns of it', async (t) => {
  const { database } = filled(t);
  const vote = { source_epoch: '4', target_epoch: '5', signing_root: rootOf(9) };
  const file = fileOf([{ pubkey: keyOf(1), signed_blocks: [], signed_attestations: [vote] }]);
  const report = await importText(database, file);
  assert.equal(report.exitCode, 0);
  assert.match(report.text, /WARNING: 1 contradict what this database holds/);
});

const fileOf = (data: readonly object[]): string =>
  JSON.stringify({ metadata: { interchange_format_version: '5', genesis_validators_root: network }, data });
