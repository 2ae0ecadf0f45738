import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { readSignerConfig } from '../../src/app/signer/signer-config.ts';
import { type Signer, startSigner } from '../../src/app/signer/signer-server.ts';
import { fromHex } from '../../src/core/bytes.ts';
import { networkByName } from '../../src/core/eth2/load-network.ts';
import { parseSignRequest } from '../../src/core/eth2/request.ts';
import { type ClusterFolder, makeClusterFolder, mnemonic } from './cluster-folder.ts';
import { quorate } from './terminal.ts';

let folder: ClusterFolder;
let signer: Signer;
let share: string;

const start = async (): Promise<Signer> => {
  const read = readSignerConfig({
    argv: [
      `--keystores-dir=${folder.path('out/operator-1/keystores')}`,
      `--keystores-passwords-dir=${folder.path('out/operator-1/passwords')}`,
      `--data-dir=${folder.path('signer-data')}`,
      '--network=hoodi',
      '--http-port=0',
      '--metrics-port=0',
      '--log-level=error',
    ],
    environment: {},
  });
  assert.ok(read.type === 'ok');
  return startSigner(read.settings);
};

before(async () => {
  folder = await makeClusterFolder([1, 2, 3, 4]);
  const said = await quorate([
    'split',
    '--cluster-file',
    folder.operatorsFile,
    '--out-dir',
    folder.path('out'),
    '--mnemonic-file',
    folder.write('mnemonic', mnemonic),
  ]);
  assert.equal(said.code, 0, said.err);
  signer = await start();
  const keys = (await (await fetch(url('/api/v1/eth2/publicKeys'))).json()) as readonly string[];
  assert.equal(keys.length, 1);
  share = keys[0] ?? '';
});
after(async () => {
  await signer[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const url = (path: string): string => `http://127.0.0.1:${signer.httpPort}${path}`;
const root = (byte: string): string => `0x${byte.repeat(32)}`;

const attestation = (target: number, block: string) => ({
  type: 'ATTESTATION',
  fork_info: {
    fork: { previous_version: '0x60000910', current_version: '0x70000910', epoch: '50688' },
    genesis_validators_root: '0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f',
  },
  attestation: {
    slot: String(target * 32),
    index: '0',
    beacon_block_root: block,
    source: { epoch: String(target - 1), root: root('aa') },
    target: { epoch: String(target), root: root('bb') },
  },
});

const ask = async (key: string, body: unknown) => {
  const response = await fetch(url(`/api/v1/eth2/sign/${key}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};

test('it serves the share key, not the validator key', () => {
  const [name = ''] = readdirSync(folder.path('out/operator-1/keystores')).filter((entry) =>
    entry.endsWith('.json'),
  );
  assert.notEqual(share, name.replace('.json', ''));
});

test('a signature verifies under the share key, for another library', async () => {
  const { fork_info } = attestation(60_000, root('01'));
  const body = { type: 'RANDAO_REVEAL', fork_info, randao_reveal: { epoch: '60000' } };
  const answer = await ask(share, body);
  assert.equal(answer.status, 200);
  const hoodi = networkByName('hoodi');
  assert.ok(hoodi !== null);
  const request = parseSignRequest(hoodi, body);
  assert.ok(request.type === 'request');
  const { longSignatures } = bls12_381;
  const point = longSignatures.hash(
    fromHex(request.roots.signingRoot, 32),
    'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_',
  );
  assert.ok(longSignatures.verify(fromHex(answer.body.signature ?? '', 96), point, fromHex(share, 48)));
});

test('a second, different attestation of the same target is refused with 412, the same one is signed again', async () => {
  const first = await ask(share, attestation(60_001, root('01')));
  assert.equal(first.status, 200, JSON.stringify(first.body));
  const other = await ask(share, attestation(60_001, root('02')));
  assert.equal(other.status, 412);
  assert.equal(other.body.reason, 'slashable');
  const again = await ask(share, attestation(60_001, root('01')));
  assert.deepEqual(again, first);
});

test('of a burst of contradicting requests, one is signed', async () => {
  const answers = await Promise.all(
    ['01', '02', '03', '04', '05'].map((byte) => ask(share, attestation(60_002, root(byte)))),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412, 412, 412]);
});

test('a key that it does not hold is 404', async () => {
  assert.equal((await ask(`0x${'ab'.repeat(48)}`, attestation(60_003, root('01')))).status, 404);
});

test('after a restart it still refuses what contradicts its history, and metrics tell of it', async () => {
  await signer[Symbol.asyncDispose]();
  signer = await start();
  assert.equal((await ask(share, attestation(60_001, root('02')))).status, 412);
  const metrics = await (await fetch(`http://127.0.0.1:${signer.metricsPort}/metrics`)).text();
  assert.match(metrics, /^eth2_slashingprotection_prevented_signings_total 1$/m);
  assert.match(metrics, /^signing_signers_loaded_count 1$/m);
});

test('keys are read anew on reload, and signing goes on', async () => {
  assert.equal((await fetch(url('/reload'), { method: 'POST' })).status, 202);
  assert.equal((await ask(share, attestation(60_004, root('01')))).status, 200);
});
