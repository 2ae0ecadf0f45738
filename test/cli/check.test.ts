import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import { checkClock, checkNodeVersion } from '../../src/cli/check/machine.ts';
import { networkByName } from '../../src/core/eth2/load-network.ts';
import { type ClusterFolder, makeClusterFolder, mnemonic } from './cluster-folder.ts';
import { quorate } from './terminal.ts';

let folder: ClusterFolder;
let servers: Server[];

const listen = async (): Promise<Server> => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

before(async () => {
  servers = await Promise.all([listen(), listen(), listen(), listen()]);
  folder = await makeClusterFolder([1, 2, 3, 4], servers.map(portOf));
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
});
after(() => {
  for (const server of servers) server.close();
  folder[Symbol.dispose]();
});

/** The options of a node that would work; later ones would be given twice, so a test replaces them by name. */
const check = (replace: Readonly<Record<string, string>> = {}) => {
  const options: Readonly<Record<string, string>> = {
    'cluster-file': folder.path('out/cluster.yaml'),
    'operator-id': '1',
    'operator-key-file': folder.path('key-1/operator-key.pem'),
    'keystores-dir': folder.path('out/operator-1/keystores'),
    'keystores-passwords-dir': folder.path('out/operator-1/passwords'),
    'data-dir': folder.path('data'),
    'http-port': '0',
    'metrics-port': '0',
    'p2p-listen': '/ip4/127.0.0.1/tcp/0',
    ...replace,
  };
  return quorate(['check', ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)]);
};

test('a node that would work is told so, check by check', async () => {
  const { code, out, err } = await check();
  assert.equal(code, 0, out + err);
  assert.doesNotMatch(out, /WRONG/);
  for (const line of [
    /cluster file: 4 operators, 1 committees, 1 validators/,
    /operator key: .* is the key of operator 1/,
    /holds all 1 shares/,
    /operator 4: .* answers/,
    /hoodi is in slot \d+/,
  ]) {
    assert.match(out, line);
  }
});

const table: readonly [string, () => Readonly<Record<string, string>>, RegExp][] = [
  [
    "another operator's key",
    () => ({ 'operator-key-file': folder.path('key-2/operator-key.pem') }),
    /is not the key of operator 1/,
  ],
  [
    'a missing key file',
    () => ({ 'operator-key-file': '/nowhere/key' }),
    /\/nowhere\/key cannot be read \(ENOENT\)/,
  ],
  [
    "another operator's keystores",
    () => ({
      'keystores-dir': folder.path('out/operator-2/keystores'),
      'keystores-passwords-dir': folder.path('out/operator-2/passwords'),
    }),
    /lacks 1 of 1 shares/,
  ],
  [
    'keystores without passwords',
    () => ({ 'keystores-passwords-dir': folder.path('key-1') }),
    /no password file for this keystore/,
  ],
  [
    'a missing cluster file',
    () => ({ 'cluster-file': '/nowhere/cluster.yaml' }),
    /\/nowhere\/cluster\.yaml: cannot be read/,
  ],
  [
    'another network than the cluster file',
    () => ({ network: 'mainnet' }),
    /the cluster file says network hoodi, --network says mainnet/,
  ],
  [
    'a certificate that is missing',
    () => ({ 'tls-cert-file': '/nowhere/cert', 'tls-key-file': '/nowhere/key' }),
    /\/nowhere\/cert: cannot be read/,
  ],
  ['a folder that cannot be made', () => ({ 'data-dir': '/proc/nowhere/data' }), /data folder: /],
];

for (const [title, replace, message] of table) {
  test(`${title} is wrong, and the exit code says so`, async () => {
    const { code, out } = await check(replace());
    assert.equal(code, 1, out);
    assert.match(out, /WRONG/);
    assert.match(out, message);
  });
}

test('a secret that others can read is worth a look', async () => {
  chmodSync(folder.path('key-1/operator-key.pem'), 0o644);
  const { code, out } = await check();
  chmodSync(folder.path('key-1/operator-key.pem'), 0o600);
  assert.equal(code, 0);
  assert.match(out, /look .*operator-key\.pem can be read by other users/);
});

test('a port that is taken is worth a look', async () => {
  const { out } = await check({ 'http-port': String(portOf(servers[0] as Server)) });
  assert.match(out, /look .*\(validator client\) is in use: fine if this node is running/);
});

test('one operator out of reach is worth a look, two are wrong', async () => {
  servers[3]?.close();
  const one = await check();
  assert.equal(one.code, 0, one.out);
  assert.match(one.out, /look {3}operator 4 cannot be reached: .*ECONNREFUSED/);
  servers[2]?.close();
  const two = await check();
  assert.equal(two.code, 1);
  assert.match(two.out, /WRONG .*2 of the 3 that are needed can be reached/);
});

test('an old Node and a clock before genesis are wrong', () => {
  const hoodi = networkByName('hoodi');
  assert.ok(hoodi !== null);
  assert.equal(checkClock(hoodi, hoodi.genesisTimeMs - 1).verdict, 'wrong');
  assert.equal(checkClock(hoodi, hoodi.genesisTimeMs).verdict, 'good');
  assert.deepEqual(
    ['22.9.0', '24.10.9', '24.11.0', '25.0.0'].map((version) => checkNodeVersion(version).verdict),
    ['wrong', 'wrong', 'good', 'good'],
  );
});
