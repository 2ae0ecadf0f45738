/**
 * The keymanager of `quorate signer`, over HTTP: a key moves from one signer to another with its history.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SecretKey } from '@chainsafe/blst';
import { readSignerConfig } from '../../../src/app/signer/signer-config.ts';
import { startSigner } from '../../../src/app/signer/signer-server.ts';
import { networkByName } from '../../../src/core/eth2/load-network.ts';
import { createKeystore } from '../../../src/signer/keystore/create-keystore.ts';
import { keyOf, secrets } from '../../signer/contract.ts';
import { password, temporaryFolder, writeKeystore } from '../../signer/keystore/temporary-keystores.ts';

const [one, two] = secrets as readonly [SecretKey, SecretKey];
const [keyOne, keyTwo] = [keyOf(one), keyOf(two)];
const root = networkByName('hoodi')?.genesisValidatorsRoot;

const startWith = async (keystores: string, dataDir: string) => {
  const read = readSignerConfig({
    argv: [
      `--keystores-dir=${keystores}`,
      `--keystores-passwords-dir=${keystores}`,
      `--data-dir=${dataDir}`,
      '--network=hoodi',
      '--http-port=0',
      '--no-metrics-enabled',
      '--keymanager-enabled',
      '--log-level=error',
    ],
    environment: {},
  });
  assert(read.type === 'ok', JSON.stringify(read));
  const signer = await startSigner(read.settings);
  const token = (await readFile(join(dataDir, 'keymanager-token.txt'), 'utf8')).trim();
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${signer.httpPort}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  };
  return {
    call,
    keystores: (method: string, body?: unknown) => call(method, '/eth/v1/keystores', body),
    vote: (key: string, target: number, block = 'cc') =>
      call('POST', `/api/v1/eth2/sign/${key}`, attestation(target, block)),
    [Symbol.asyncDispose]: () => signer[Symbol.asyncDispose](),
  };
};

const attestation = (target: number, block: string) => ({
  type: 'ATTESTATION',
  fork_info: {
    fork: { previous_version: '0x60000910', current_version: '0x70000910', epoch: '50688' },
    genesis_validators_root: root,
  },
  attestation: {
    slot: String(target * 32),
    index: '0',
    beacon_block_root: `0x${block.repeat(32)}`,
    source: { epoch: String(target - 1), root: `0x${'aa'.repeat(32)}` },
    target: { epoch: String(target), root: `0x${'bb'.repeat(32)}` },
  },
});

const temporaryData = async () => {
  const path = await mkdtemp(join(tmpdir(), 'quorate-data-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

const target = 60_000;

test('a deleted key is not signed with, also after a restart, and its history refuses the vote elsewhere', async () => {
  await using folders = await both();
  const { here, data } = folders;
  await using others = await both();
  const { here: there, data: otherData } = others;
  await writeKeystore(here.path, 'one', one);
  await writeKeystore(here.path, 'two', two);
  await using first = await startWith(here.path, data.path);
  assert.equal((await first.vote(keyOne, target)).status, 200);
  const listed = (await first.keystores('GET')).json.data;
  assert.deepEqual(
    listed.map(({ validating_pubkey }: { validating_pubkey: string }) => validating_pubkey).sort(),
    [keyOne, keyTwo].sort(),
  );
  const strange = `0x${'ab'.repeat(48)}`;
  const deleted = await first.keystores('DELETE', { pubkeys: [keyOne, strange] });
  assert.deepEqual(deleted.json.data, [{ status: 'deleted' }, { status: 'not_found' }]);
  assert.equal((await first.vote(keyOne, target + 1)).status, 404);
  assert.equal((await first.vote(keyTwo, target)).status, 200);
  assert.deepEqual((await first.call('GET', '/api/v1/eth2/publicKeys')).json, [keyTwo]);
  const again = await first.keystores('DELETE', { pubkeys: [keyOne] });
  assert.deepEqual(again.json.data, [{ status: 'not_active' }]);
  assert.equal(again.json.slashing_protection, deleted.json.slashing_protection);
  await first[Symbol.asyncDispose]();
  {
    await using restarted = await startWith(here.path, data.path);
    assert.equal((await restarted.vote(keyOne, target + 1)).status, 404);
  }

  await using second = await startWith(there.path, otherData.path);
  const imported = await second.keystores('POST', {
    keystores: [JSON.stringify(await createKeystore(one.toBytes(), password, { cost: 2 }))],
    passwords: [password],
    slashing_protection: deleted.json.slashing_protection,
  });
  assert.deepEqual(imported.json, { data: [{ status: 'imported' }] });
  assert.equal((await second.vote(keyOne, target, 'dd')).status, 412);
  assert.equal((await second.vote(keyOne, target + 1)).status, 200);
});

test('an import is signed with at once and after a restart; the history of another network imports nothing', async () => {
  await using folders = await both();
  const { here, data } = folders;
  const keystore = JSON.stringify(await createKeystore(one.toBytes(), password, { cost: 2 }));
  const foreign = JSON.stringify({
    metadata: { interchange_format_version: '5', genesis_validators_root: `0x${'11'.repeat(32)}` },
    data: [],
  });
  {
    await using signer = await startWith(here.path, data.path);
    const refused = await signer.keystores('POST', {
      keystores: [keystore],
      passwords: [password],
      slashing_protection: foreign,
    });
    assert.equal(refused.status, 400);
    assert.deepEqual((await signer.keystores('GET')).json.data, []);
    const twice = { keystores: [keystore, keystore], passwords: [password, password] };
    assert.deepEqual((await signer.keystores('POST', twice)).json.data, [
      { status: 'imported' },
      { status: 'duplicate' },
    ]);
    assert.equal((await signer.vote(keyOne, target)).status, 200);
    assert.equal((await signer.call('GET', `/eth/v1/validator/${keyOne}/feerecipient`)).status, 404);
  }
  await using again = await startWith(here.path, data.path);
  assert.equal((await again.vote(keyOne, target, 'dd')).status, 412);
  assert.deepEqual(
    (await readdir(here.path)).filter((name) => name.startsWith('.adding')),
    [],
  );
});

const both = async () => {
  const [here, data] = [await temporaryFolder(), await temporaryData()];
  return {
    here,
    data,
    [Symbol.asyncDispose]: async () => {
      await here[Symbol.asyncDispose]();
      await data[Symbol.asyncDispose]();
    },
  };
};
