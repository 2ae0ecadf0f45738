/**
 * `quorate import-shares` against a keymanager double, and against `quorate signer`.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SecretKey } from '@chainsafe/blst';
import { readSignerConfig } from '../../../src/app/signer/signer-config.ts';
import { startSigner } from '../../../src/app/signer/signer-server.ts';
import { lockFolder } from '../../../src/signer/keystore/lock.ts';
import { keyOf } from '../../signer/contract.ts';
import { temporaryFolder, writeKeystore } from '../../signer/keystore/temporary-keystores.ts';
import { quorate } from '../terminal.ts';

const secrets = Array.from({ length: 23 }, (_, at) => SecretKey.fromKeygen(new Uint8Array(32).fill(at + 1)));
const keys = secrets.map(keyOf);
const root = `0x${'42'.repeat(32)}`;

interface Body {
  readonly keystores: readonly string[];
  readonly passwords: readonly string[];
  readonly slashing_protection?: string;
}

/** Says `status` for each keystore and remembers what it was sent. */
const startKeymanager = async (
  statusOf: (key: string, body: Body) => object = () => ({ status: 'imported' }),
  {
    answer = 200,
    tls = null,
  }: { answer?: number; tls?: { cert: string; key: string; ca: string; requestCert: true } | null } = {},
) => {
  const bodies: Body[] = [];
  const tokens: unknown[] = [];
  const listener: RequestListener = async (request, response) => {
    tokens.push(request.headers.authorization);
    if (request.method === 'GET') {
      response.end(JSON.stringify(keys));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body;
    bodies.push(body);
    response.statusCode = answer;
    const data = body.keystores.map((text) => statusOf(`0x${JSON.parse(text).pubkey}`, body));
    response.end(answer === 200 ? JSON.stringify({ data }) : 'no such thing');
  };
  const server = tls === null ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    bodies,
    tokens,
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

const folderOf = async (count: number) => {
  const folder = await temporaryFolder();
  for (const [at, secret] of secrets.slice(0, count).entries())
    await writeKeystore(folder.path, `share-${String(at).padStart(2, '0')}`, secret);
  return folder;
};

const importFrom = (path: string, url: string, ...more: readonly string[]) =>
  quorate([
    'import-shares',
    `--signer-url=${url}`,
    `--keystores-dir=${path}`,
    `--keystores-passwords-dir=${path}`,
    ...more,
  ]);

test('shares go in tens, each with its password and its history; what is there already is good', async () => {
  await using folder = await folderOf(23);
  await using signer = await startKeymanager((key) => ({
    status: key === keys[3] ? 'duplicate' : 'imported',
  }));
  const protection = join(folder.path, 'protection.interchange');
  const history = (key: string) => ({ pubkey: key, signed_blocks: [], signed_attestations: [] });
  writeFileSync(
    protection,
    JSON.stringify({
      metadata: { interchange_format_version: '5', genesis_validators_root: root },
      data: [history(keys[0] as string), history(keys[22] as string)],
    }),
  );
  const said = await importFrom(folder.path, signer.url, `--slashing-protection-file=${protection}`);
  assert.equal(said.code, 0, said.err);
  assert.match(said.err, /22 imported, 1 were there already, 0 not imported/);
  assert.deepEqual(
    signer.bodies.map(({ keystores }) => keystores.length),
    [10, 10, 3],
  );
  for (const { passwords } of signer.bodies)
    for (const password of passwords) assert.equal(password, 'correct horse battery staple');
  const told = signer.bodies.map(({ slashing_protection: text }) =>
    text === undefined ? null : JSON.parse(text).data.map(({ pubkey }: { pubkey: string }) => pubkey),
  );
  assert.deepEqual(told, [[keys[0]], null, [keys[22]]]);
  assert.doesNotMatch(said.out + said.err, /correct horse/);
});

test('a share that is not imported, or not listed afterwards, is named and the command fails', async () => {
  await using folder = await folderOf(2);
  await using signer = await startKeymanager((key) =>
    key === keys[1] ? { status: 'error', message: 'Failed to decrypt' } : { status: 'imported' },
  );
  await writeKeystore(folder.path, 'unlisted', SecretKey.fromKeygen(new Uint8Array(32).fill(99)));
  const said = await importFrom(folder.path, signer.url);
  assert.equal(said.code, 1);
  assert.match(said.err, /share-01\.json: not imported: Failed to decrypt/);
  assert.match(said.err, /does not list 1 of them/);
});

for (const [status, hint] of [
  [404, /--key-manager-api-enabled/],
  [401, /--signer-token-file/],
  [400, /nothing of this request was imported/],
  [500, /importing again is harmless/],
] as const) {
  test(`${status} of the signer says what to do`, async () => {
    await using folder = await folderOf(1);
    await using signer = await startKeymanager(undefined, { answer: status });
    const said = await importFrom(folder.path, signer.url);
    assert.equal(said.code, 1);
    assert.match(said.err, hint);
  });
}

test('an answer that is not a status for each keystore is no success', async () => {
  await using folder = await folderOf(1);
  await using signer = await startKeymanager(() => ({ status: 'perhaps' }));
  const said = await importFrom(folder.path, signer.url);
  assert.equal(said.code, 1);
  assert.match(said.err, /not a status for each keystore/);
});

test('keystores that a process signs with are not handed to a second signer', async () => {
  await using folder = await folderOf(1);
  const lock = lockFolder(folder.path);
  assert(lock.type === 'held');
  const said = await importFrom(folder.path, 'http://127.0.0.1:1');
  lock.release();
  assert.equal(said.code, 1);
  assert.match(said.err, /signs with these keystores; stop it first/);
});

test('a certificate of an own authority is trusted, and ours is shown', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'quorate-ca-'));
  const file = (name: string) => join(dir, name);
  const make = (name: string, ...more: readonly string[]) =>
    execFileSync(
      'openssl',
      `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${name} -keyout ${file(`${name}.key`)} -out ${file(`${name}.pem`)}`
        .split(' ')
        .concat(more),
      { stdio: 'ignore' },
    );
  make('server', '-addext', 'subjectAltName=IP:127.0.0.1');
  make('client');
  const text = (name: string) => readFileSync(file(name), 'utf8');
  const tls = {
    cert: text('server.pem'),
    key: text('server.key'),
    ca: text('client.pem'),
    requestCert: true as const,
  };
  await using folder = await folderOf(1);
  await using signer = await startKeymanager(undefined, { tls });
  const certificates = [
    `--signer-tls-ca-file=${file('server.pem')}`,
    `--signer-tls-cert-file=${file('client.pem')}`,
    `--signer-tls-key-file=${file('client.key')}`,
  ];
  const good = await importFrom(folder.path, signer.url, ...certificates);
  assert.equal(good.code, 0, good.err);
  assert.equal((await importFrom(folder.path, signer.url, certificates[0] as string)).code, 1);
  assert.equal((await importFrom(folder.path, signer.url)).code, 1);
  rmSync(dir, { recursive: true });
});

test('quorate signer takes shares over, and a repeated import finds them there', async () => {
  await using from = await folderOf(12);
  await using to = await temporaryFolder();
  await using data = await temporaryFolder();
  const read = readSignerConfig({
    argv: [
      `--keystores-dir=${to.path}`,
      `--keystores-passwords-dir=${to.path}`,
      `--data-dir=${data.path}`,
      '--network=hoodi',
      '--http-port=0',
      '--no-metrics-enabled',
      '--keymanager-enabled',
      '--log-level=error',
    ],
    environment: {},
  });
  assert(read.type === 'ok');
  await using signer = await startSigner(read.settings);
  const url = `http://127.0.0.1:${signer.httpPort}`;
  const token = `--signer-token-file=${join(data.path, 'keymanager-token.txt')}`;
  assert.equal((await importFrom(from.path, url)).code, 1);
  const first = await importFrom(from.path, url, token);
  assert.equal(first.code, 0, first.err);
  assert.match(first.err, /12 imported, 0 were there/);
  const second = await importFrom(from.path, url, token);
  assert.match(second.err, /0 imported, 12 were there already/);
});

for (const [title, argv, message] of [
  ['no address', ['--keystores-dir=a', '--keystores-passwords-dir=a'], /--signer-url is missing/],
  [
    'an address with a password',
    ['--signer-url=http://user:hunter2@host', '--keystores-dir=a', '--keystores-passwords-dir=a'],
    /no user and password/,
  ],
  ['no keystores', ['--signer-url=http://host'], /--keystores-dir is missing/],
] as const) {
  test(`${title} is wrong use`, async () => {
    const { code, err } = await quorate(['import-shares', ...argv]);
    assert.equal(code, 2);
    assert.match(err, message);
    assert.doesNotMatch(err, /hunter2/);
  });
}
