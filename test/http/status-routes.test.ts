/**
 * Keys, liveness, health, reload and metrics.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createMetricsServer, defaultMetricsOptions } from '../../src/http/metrics-server.ts';
import { defaultServerOptions } from '../../src/http/server.ts';
import { createFake, keyHex, local } from './fake.ts';

const get = (url: string, headers: Record<string, string> = local) =>
  ({ method: 'GET', url, headers }) as const;

test('publicKeys lists all keys as JSON, whatever Accept says', async () => {
  await using server = createFake().server;
  for (const accept of ['application/json', 'text/plain', '']) {
    const answer = await server.inject(get('/api/v1/eth2/publicKeys', { ...local, accept }));
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.deepEqual(answer.json(), [keyHex]);
  }
});

test('publicKeys is 503 while keys are still missing, and no list', async () => {
  await using server = createFake({
    publicKeys: () => ({ type: 'not-ready', why: '12 of 40 keystores' }),
  }).server;
  const answer = await server.inject(get('//api/v1/eth2/publicKeys'));
  assert.equal(answer.statusCode, 503);
  assert.deepEqual(answer.json(), { reason: 'not-ready', message: '12 of 40 keystores' });
});

test('upcheck is OK as text, also while nothing else is', async () => {
  await using server = createFake({
    health: () => {
      throw new Error('down');
    },
  }).server;
  const answer = await server.inject(get('/upcheck'));
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.body, 'OK');
  assert.match(String(answer.headers['content-type']), /^text\/plain/);
  assert.equal((await server.inject(get('/healthcheck'))).statusCode, 500);
});

test('healthcheck is 200 when up and 503 when down, with the tree', async () => {
  for (const [outcome, status] of [
    ['UP', 200],
    ['DOWN', 503],
  ] as const) {
    const health = {
      status: outcome,
      checks: [{ id: 'peers', status: outcome, data: { connected: 2 } }],
      outcome,
    };
    await using server = createFake({ health: () => health }).server;
    const answer = await server.inject(get('/healthcheck'));
    assert.equal(answer.statusCode, status);
    assert.deepEqual(answer.json(), health);
  }
});

test('reload is 202 when it starts and 409 while one runs; its state is readable', async () => {
  for (const [result, status, word] of [
    ['accepted', 202, 'accepted'],
    ['running', 409, 'error'],
  ] as const) {
    await using server = createFake({ reload: () => result }).server;
    for (const headers of [local, { ...local, 'content-type': 'application/json' }]) {
      const answer = await server.inject({ method: 'POST', url: '/reload', headers });
      assert.equal(answer.statusCode, status);
      assert.equal(answer.json().status, word);
    }
  }
  await using server = createFake({
    reloadStatus: () => ({ status: 'failed', lastError: 'bad file' }),
  }).server;
  assert.deepEqual((await server.inject(get('/reload'))).json(), { status: 'failed', lastError: 'bad file' });
});

test('hosts that are not listed get 403 here, and a star lists all', async () => {
  await using server = createFake().server;
  for (const host of ['localhost', 'LOCALHOST:9000', '127.0.0.1:1', '[::1]:9000']) {
    assert.equal((await server.inject(get('/upcheck', { host }))).statusCode, 200, host);
  }
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:9000']) {
    const answer = await server.inject(get('/upcheck', { host }));
    assert.equal(answer.statusCode, 403, host);
    assert.equal(answer.json().reason, 'host-not-allowed');
  }
  await using open = createFake({}, { hosts: ['*'] }).server;
  assert.equal((await open.inject(get('/upcheck', { host: 'anything' }))).statusCode, 200);
});

test('the page of this server itself may ask it', async () => {
  await using server = createFake().server;
  const answer = await server.inject(get('/upcheck', { ...local, origin: 'http://localhost:9000' }));
  assert.equal(answer.statusCode, 200);
});

test('Swagger UI shows the contract, and does not send requests for anyone', async () => {
  await using server = createFake().server;
  const page = await server.inject(get('/swagger-ui'));
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /swagger-ui/);
  assert.doesNotMatch(String(page.headers['content-security-policy']), /upgrade-insecure-requests/);
  const script = await server.inject(get('/swagger-ui/static/swagger-initializer.js'));
  assert.match(script.body, /"supportedSubmitMethods":\[\]/);
  const document = await server.inject(get('/swagger-ui/json'));
  assert.equal(document.json().info.title, 'Quorate');
});

const metricsOptions = { ...defaultServerOptions, ...defaultMetricsOptions, port: 0 };

test('metrics are rendered on a server of their own, behind the same host list', async () => {
  const text = { contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'up 1\n' };
  await using server = createMetricsServer(
    async () => text,
    () => {},
    metricsOptions,
  );
  const answer = await server.inject(get('/metrics'));
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.headers['content-type'], text.contentType);
  assert.equal(answer.body, text.body);
  assert.equal((await server.inject(get('/upcheck'))).statusCode, 404);
  assert.equal((await server.inject(get('/metrics', { host: 'evil.example' }))).statusCode, 403);
});

test('metrics that cannot be rendered are a 500 and a report', async () => {
  const events: unknown[] = [];
  await using server = createMetricsServer(
    () => Promise.reject(new Error('no')),
    (event) => events.push(event),
    metricsOptions,
  );
  assert.equal((await server.inject(get('/metrics'))).statusCode, 500);
  assert.deepEqual(events, [{ type: 'fault', where: 'http /metrics', why: 'no' }]);
});
