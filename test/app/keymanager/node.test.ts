/**
 * The keymanager of a node: shares by share key, policies by validator key, in effect at once and after a restart.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readRunConfig } from '../../../src/app/config.ts';
import { startNode } from '../../../src/app/node.ts';
import { type ClusterFolder, makeClusterFolder, mnemonic } from '../../cli/cluster-folder.ts';
import { quorate } from '../../cli/terminal.ts';

const makeCluster = async (): Promise<ClusterFolder> => {
  const folder = await makeClusterFolder([1, 2, 3, 4]);
  const out = ['--out-dir', folder.path('out'), '--mnemonic-file', folder.write('mnemonic', mnemonic)];
  const said = await quorate(['split', '--cluster-file', folder.operatorsFile, ...out]);
  assert.equal(said.code, 0, said.err);
  return folder;
};

const start = async (folder: ClusterFolder) => {
  const read = readRunConfig({
    argv: [
      `--cluster-file=${folder.path('out/cluster.yaml')}`,
      '--operator-id=1',
      `--operator-key-file=${folder.path('key-1/operator-key.pem')}`,
      `--keystores-dir=${folder.path('out/operator-1/keystores')}`,
      `--keystores-passwords-dir=${folder.path('out/operator-1/passwords')}`,
      `--data-dir=${folder.path('data')}`,
      '--p2p-listen=/ip4/127.0.0.1/tcp/0',
      '--http-port=0',
      '--no-metrics-enabled',
      '--keymanager-enabled',
      '--timeout-exchange-ms=100',
      '--log-level=error',
    ],
    environment: {},
  });
  assert(read.type === 'ok', JSON.stringify(read));
  const node = await startNode(read.settings);
  const token = readFileSync(folder.path('data/keymanager-token.txt'), 'utf8').trim();
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${node.httpPort}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  };
  return { call, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() };
};

const [wanted, other] = ['aa', 'bb'].map((byte) => `0x${byte.repeat(20)}`) as [string, string];

/** The reason for which a registration is not signed: by policy, or for the lack of peers where policy has nothing against it. */
const reasonOf = async (node: Awaited<ReturnType<typeof start>>, validator: string, recipient: string) => {
  const answer = await node.call('POST', `/api/v1/eth2/sign/${validator}`, {
    type: 'VALIDATOR_REGISTRATION',
    validator_registration: {
      fee_recipient: recipient,
      gas_limit: '36000000',
      timestamp: String(Math.floor(Date.now() / 1000)),
      pubkey: validator,
    },
  });
  return answer.json.reason as string;
};

test('shares are told by share key, a policy set here holds at once and after a restart, and a share can go', async () => {
  using folder = await makeCluster();
  let validator = '';
  let share = '';
  {
    await using node = await start(folder);
    [validator] = (await node.call('GET', '/api/v1/eth2/publicKeys')).json;
    const [listed] = (await node.call('GET', '/eth/v1/keystores')).json.data;
    share = listed.validating_pubkey;
    assert.equal(listed.share_of, validator);
    assert.notEqual(share, validator);
    const recipient = `/eth/v1/validator/${validator}/feerecipient`;
    assert.equal((await node.call('GET', recipient)).status, 404);
    assert.equal(await reasonOf(node, validator, other), 'below-quorum');
    assert.equal((await node.call('POST', recipient, { ethaddress: wanted })).status, 202);
    assert.equal((await node.call('GET', recipient)).json.data.ethaddress, wanted);
    assert.equal(await reasonOf(node, validator, other), 'refused-by-policy');
    assert.equal(await reasonOf(node, validator, wanted), 'below-quorum');
    assert.equal((await node.call('POST', '/reload')).status, 202);
  }
  await using node = await start(folder);
  assert.equal(await reasonOf(node, validator, other), 'refused-by-policy');
  const whole = await node.call('DELETE', '/eth/v1/keystores', { pubkeys: [validator] });
  assert.deepEqual([whole.status, whole.json.data[0].status], [200, 'not_found']);
  const gone = await node.call('DELETE', '/eth/v1/keystores', { pubkeys: [share] });
  assert.deepEqual(gone.json.data, [{ status: 'deleted' }]);
  // Incomplete lists would make clients drop validators.
  assert.equal((await node.call('GET', '/api/v1/eth2/publicKeys')).status, 503);
});
