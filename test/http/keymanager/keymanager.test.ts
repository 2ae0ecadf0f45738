/**
 * The keymanager routes: who gets in, what is refused, and what the answers look like.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShareKey, ValidatorKey } from '../../../src/core/ids.ts';
import type { Keymanager, PolicyChange, PolicyView } from '../../../src/http/keymanager/deps.ts';
import { createFake, fakeKeymanager, keyHex, local, token } from '../fake.ts';

const keystores = '/eth/v1/keystores';
const recipientUrl = `/eth/v1/validator/${keyHex}/feerecipient`;
const gasUrl = `/eth/v1/validator/${keyHex}/gas_limit`;
const address = `0x${'cd'.repeat(20)}`;
const withToken = { ...local, authorization: `Bearer ${token}` };

const ask = async (
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  {
    payload,
    headers = withToken,
    keymanager = fakeKeymanager,
  }: { payload?: unknown; headers?: Record<string, string>; keymanager?: Keymanager } = {},
) => {
  await using server = createFake({ keymanager }).server;
  const body = payload === undefined ? {} : { payload: JSON.stringify(payload) };
  return await server.inject({ method, url, headers, ...body });
};

const routes = [
  ['GET', keystores],
  ['POST', keystores],
  ['DELETE', keystores],
  ...[recipientUrl, gasUrl].flatMap((url) =>
    (['GET', 'POST', 'DELETE'] as const).map((method) => [method, url] as const),
  ),
] as const;

for (const [method, url] of routes) {
  test(`${method} ${url.slice(0, 24)} wants the token: 401 without one, 403 with another`, async () => {
    for (const [authorization, status] of [
      [undefined, 401],
      ['Basic dXNlcg==', 401],
      ['Bearer', 401],
      ['Bearer wrong', 403],
      [`Bearer ${token}x`, 403],
    ] as const) {
      const headers = authorization === undefined ? local : { ...local, authorization };
      const answer = await ask(method, url, { headers, payload: {} });
      assert.equal(answer.statusCode, status, String(authorization));
      assert.equal(typeof answer.json().message, 'string');
      assert.ok(!answer.body.includes(token));
    }
  });
}

test('the sign route and the status routes want no token, and a node without a keymanager has none of its routes', async () => {
  assert.equal((await ask('GET', '/upcheck', { headers: local })).statusCode, 200);
  const { keymanager: _, ...none } = { keymanager: undefined };
  await using server = createFake({ ...none, keymanager: undefined as unknown as Keymanager }).server;
  assert.equal((await server.inject({ url: keystores, headers: withToken })).statusCode, 404);
});

test('keys are listed as shares', async () => {
  const answer = await ask('GET', keystores);
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), {
    data: [{ validating_pubkey: keyHex, derivation_path: '', readonly: false, share_of: null }],
  });
});

test('an import passes keystores with their passwords, in order, and the history before them', async () => {
  const got: unknown[] = [];
  const keymanager: Keymanager = {
    ...fakeKeymanager,
    keystores: {
      ...fakeKeymanager.keystores,
      import: async (items, protection) => {
        got.push(items, protection);
        return { type: 'done', statuses: [{ status: 'imported' }, { status: 'error', message: 'why' }] };
      },
    },
  };
  const payload = { keystores: ['{"a":1}', '{"b":2}'], passwords: ['x', 'y'], slashing_protection: '{}' };
  const answer = await ask('POST', keystores, { payload, keymanager });
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), { data: [{ status: 'imported' }, { status: 'error', message: 'why' }] });
  assert.deepEqual(got, [
    [
      { keystore: '{"a":1}', password: 'x' },
      { keystore: '{"b":2}', password: 'y' },
    ],
    '{}',
  ]);
});

const malformed: readonly (readonly ['POST' | 'DELETE', string, unknown, RegExp])[] = [
  ['POST', keystores, [], /not a JSON object/],
  ['POST', keystores, { passwords: [] }, /keystores must be a list/],
  ['POST', keystores, { keystores: [{}], passwords: ['x'] }, /keystores must be a list of texts/],
  ['POST', keystores, { keystores: ['a', 'b'], passwords: ['x'] }, /2 keystores and 1 passwords/],
  ['POST', keystores, { keystores: Array(1001).fill('a'), passwords: [] }, /more than 1000/],
  ['POST', keystores, { keystores: [], passwords: [], slashing_protection: {} }, /must be a text/],
  ['DELETE', keystores, { pubkeys: [keyHex, '0x12'] }, /pubkeys\[1\] is not a public key/],
  ['DELETE', keystores, {}, /pubkeys must be a list/],
  ['POST', recipientUrl, { ethaddress: '0x12' }, /20 bytes/],
  ['POST', recipientUrl, { ethaddress: `0x${'00'.repeat(20)}` }, /zero address/],
  ['POST', gasUrl, { gas_limit: '0' }, /at least 1/],
  ['POST', gasUrl, { gas_limit: '1e9' }, /whole number/],
  ['POST', '/eth/v1/validator/0x12/gas_limit', { gas_limit: '1' }, /48 bytes/],
];
for (const [method, url, payload, message] of malformed) {
  test(`${method} ${url.slice(0, 24)} with ${JSON.stringify(payload).slice(0, 40)} is 400`, async () => {
    const answer = await ask(method, url, { payload });
    assert.equal(answer.statusCode, 400);
    assert.match(answer.json().message, message);
  });
}

test('a body that is no JSON is 400 and not repeated', async () => {
  await using server = createFake().server;
  const payload = '{"passwords": ["hunter2"';
  const answer = await server.inject({ method: 'POST', url: keystores, headers: withToken, payload });
  assert.equal(answer.statusCode, 400);
  assert.doesNotMatch(answer.body, /hunter2/);
});

test('slashing protection that is of no use is 400', async () => {
  const keymanager: Keymanager = {
    ...fakeKeymanager,
    keystores: {
      ...fakeKeymanager.keystores,
      import: async () => ({ type: 'malformed', why: 'another network' }),
    },
  };
  const payload = { keystores: [], passwords: [], slashing_protection: '{}' };
  const answer = await ask('POST', keystores, { payload, keymanager });
  assert.equal(answer.statusCode, 400);
  assert.equal(answer.json().message, 'another network');
});

test('a deletion answers with statuses and history; keys may be written without 0x', async () => {
  const asked: ShareKey[] = [];
  const keymanager: Keymanager = {
    ...fakeKeymanager,
    keystores: {
      ...fakeKeymanager.keystores,
      delete: async (keys) => {
        asked.push(...keys);
        return { statuses: [{ status: 'deleted' }, { status: 'not_found' }], slashingProtection: '{"x":1}' };
      },
    },
  };
  const payload = { pubkeys: [keyHex, 'AB'.repeat(48)] };
  const answer = await ask('DELETE', keystores, { payload, keymanager });
  assert.deepEqual(answer.json(), {
    data: [{ status: 'deleted' }, { status: 'not_found' }],
    slashing_protection: '{"x":1}',
  });
  assert.deepEqual(asked, [keyHex, `0x${'ab'.repeat(48)}`]);
});

const withPolicies = (view: PolicyView) => {
  const changes: PolicyChange[] = [];
  const keymanager: Keymanager = {
    ...fakeKeymanager,
    policies: {
      read: (validator: ValidatorKey) => ((validator as string) === keyHex ? view : null),
      change: (_validator, change) => void changes.push(change),
    },
  };
  return { keymanager, changes };
};
const nothing: PolicyView = {
  feeRecipient: { value: null, isOwn: false },
  gasLimit: { value: null, isOwn: false },
};

test('fee recipient and gas limit are read, set and taken back', async () => {
  const own: PolicyView = {
    feeRecipient: { value: address, isOwn: true },
    gasLimit: { value: 36_000_000n, isOwn: true },
  };
  const { keymanager, changes } = withPolicies(own);
  const recipient = await ask('GET', recipientUrl, { keymanager });
  assert.deepEqual(recipient.json(), { data: { pubkey: keyHex, ethaddress: address } });
  const gas = await ask('GET', gasUrl, { keymanager });
  assert.deepEqual(gas.json(), { data: { pubkey: keyHex, gas_limit: '36000000' } });
  const set = await ask('POST', recipientUrl, {
    keymanager,
    payload: { ethaddress: address.toUpperCase().replace('0X', '0x') },
  });
  assert.equal(set.statusCode, 202);
  assert.equal((await ask('POST', gasUrl, { keymanager, payload: { gas_limit: '1' } })).statusCode, 202);
  assert.equal((await ask('DELETE', recipientUrl, { keymanager })).statusCode, 204);
  assert.equal((await ask('DELETE', gasUrl, { keymanager })).statusCode, 204);
  assert.deepEqual(changes, [
    { type: 'fee-recipient', value: address },
    { type: 'gas-limit', value: 1n },
    { type: 'fee-recipient', value: null },
    { type: 'gas-limit', value: null },
  ]);
});

test('what the cluster file sets cannot be taken back; what nobody set is 404, and taking it back is no error', async () => {
  const ofFile = withPolicies({ ...nothing, feeRecipient: { value: address, isOwn: false } });
  const refused = await ask('DELETE', recipientUrl, ofFile);
  assert.equal(refused.statusCode, 403);
  assert.match(refused.json().message, /cluster file/);
  assert.deepEqual(ofFile.changes, []);
  const none = withPolicies(nothing);
  assert.equal((await ask('GET', recipientUrl, none)).statusCode, 404);
  assert.equal((await ask('DELETE', recipientUrl, none)).statusCode, 204);
  assert.deepEqual(none.changes, []);
});

test('an unknown validator is 404 for every method', async () => {
  const url = `/eth/v1/validator/0x${'11'.repeat(48)}/feerecipient`;
  for (const method of ['GET', 'POST', 'DELETE'] as const) {
    const answer = await ask(method, url, { ...withPolicies(nothing), payload: { ethaddress: address } });
    assert.equal(answer.statusCode, 404);
  }
});
