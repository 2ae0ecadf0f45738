/**
 * The sign route as validator clients use and misuse it.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createFake, keyHex, local, registration, signatureHex, signUrl } from './fake.ts';

const accepts: readonly (readonly [string | undefined, 'json' | 'text'])[] = [
  [undefined, 'text'],
  ['text/plain', 'text'],
  ['application/json', 'json'],
  ['Application/JSON; q=0.9', 'json'],
  ['*/*', 'json'],
  ['text/plain, */*;q=0.1', 'json'],
  ['text/html,application/json', 'json'],
  ['text/*', 'text'],
  ['application/xml', 'text'],
  ['', 'text'],
];

for (const [accept, form] of accepts) {
  test(`Accept ${accept ?? 'absent'} gets ${form}`, async () => {
    await using server = createFake().server;
    const headers = { ...local, ...(accept === undefined ? {} : { accept }) };
    const answer = await server.inject({ method: 'POST', url: signUrl, headers, payload: registration });
    assert.equal(answer.statusCode, 200);
    assert.equal(
      answer.headers['content-type'],
      form === 'json' ? 'application/json' : 'text/plain; charset=utf-8',
    );
    assert.equal(answer.body, form === 'json' ? `{"signature":"${signatureHex}"}` : signatureHex);
  });
}

const paths = [
  signUrl,
  `/api/v1/eth2/sign/${keyHex.slice(2)}`,
  `/api/v1/eth2/sign/${keyHex.toUpperCase()}`,
  `/api/v1/eth2/sign/${keyHex.slice(2).toUpperCase()}`,
  `/${signUrl}`,
  `///api//v1/eth2/sign/${keyHex}`,
  `${signUrl}/`,
  `${signUrl}?trace=1`,
  `http://localhost:9000${signUrl}`,
];

for (const url of paths) {
  test(`the path ${url.replaceAll(/9{0,1}(93){3,}/gi, '93..')} reaches the validator`, async () => {
    const { server, asked } = createFake();
    await using _ = server;
    const answer = await server.inject({ method: 'POST', url, headers: local, payload: registration });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(asked[0]?.validator, keyHex);
    assert.equal(asked[0]?.task.signable.type, 'registration');
  });
}

test('the type of the body is not enforced', async () => {
  await using server = createFake().server;
  for (const type of [
    'application/json',
    'text/plain',
    'application/octet-stream',
    'nonsense',
    'a/b;;;=',
    ';',
  ]) {
    const headers = { ...local, 'content-type': type };
    const answer = await server.inject({
      method: 'POST',
      url: signUrl,
      headers,
      payload: JSON.stringify(registration),
    });
    assert.equal(answer.statusCode, 200, `${type}: ${answer.body}`);
  }
});

interface Misuse {
  readonly what: string;
  readonly method?: 'GET' | 'PUT' | 'DELETE' | 'OPTIONS' | 'HEAD';
  readonly url?: string;
  readonly payload?: string | Buffer;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly reason?: string;
}

const text = JSON.stringify(registration);
const misuses: readonly Misuse[] = [
  { what: 'an empty body', payload: '', status: 400, reason: 'malformed' },
  { what: 'half a body', payload: text.slice(0, 50), status: 400, reason: 'malformed' },
  { what: 'a body in binary', payload: Buffer.from([0xff, 0xfe, 0x00]), status: 400, reason: 'malformed' },
  { what: 'JSON null', payload: 'null', status: 400, reason: 'malformed' },
  { what: 'very deep JSON', payload: '['.repeat(60_000), status: 400, reason: 'malformed' },
  { what: 'an unknown type', payload: '{"type":"X"}', status: 400, reason: 'malformed' },
  {
    what: 'an unsettled type',
    payload: '{"type":"EXECUTION_PAYLOAD_BID"}',
    status: 400,
    reason: 'unsupported',
  },
  {
    what: 'another root',
    payload: JSON.stringify({ ...registration, signingRoot: `0x${'11'.repeat(32)}` }),
    status: 400,
    reason: 'root-mismatch',
  },
  {
    what: 'a long body that is no block',
    payload: JSON.stringify({ ...registration, filler: 'x'.repeat(70_000) }),
    status: 400,
    reason: 'body-too-large',
  },
  {
    what: 'a body above the limit',
    payload: 'x'.repeat(5 * 1024 * 1024),
    status: 400,
    reason: 'body-too-large',
  },
  {
    what: 'a key that is too short',
    url: '/api/v1/eth2/sign/0x12',
    payload: text,
    status: 404,
    reason: 'unknown-validator',
  },
  {
    what: 'a key of other letters',
    url: `/api/v1/eth2/sign/${'zz'.repeat(48)}`,
    payload: text,
    status: 404,
    reason: 'unknown-validator',
  },
  {
    what: 'a very long key',
    url: `/api/v1/eth2/sign/${'93'.repeat(3000)}`,
    payload: text,
    status: 404,
    reason: 'unknown-validator',
  },
  {
    what: 'a wrong body for an unknown key',
    url: '/api/v1/eth2/sign/0x12',
    payload: '{}',
    status: 400,
    reason: 'malformed',
  },
  { what: 'no key', url: '/api/v1/eth2/sign/', payload: text, status: 404, reason: 'not-found' },
  { what: 'a path below the key', url: `${signUrl}/more`, payload: text, status: 404, reason: 'not-found' },
  {
    what: 'a bad escape in the path',
    url: '/api/v1/eth2/sign/%zz',
    payload: text,
    status: 400,
    reason: 'bad-request',
  },
  { what: 'GET', method: 'GET', status: 400, reason: 'wrong-method' },
  { what: 'PUT', method: 'PUT', payload: text, status: 400, reason: 'wrong-method' },
  { what: 'DELETE', method: 'DELETE', status: 400, reason: 'wrong-method' },
  { what: 'OPTIONS', method: 'OPTIONS', status: 400, reason: 'wrong-method' },
  {
    what: 'another host',
    headers: { host: 'evil.example' },
    payload: text,
    status: 400,
    reason: 'host-not-allowed',
  },
  {
    what: 'a web page of elsewhere',
    headers: { ...local, origin: 'https://evil.example' },
    payload: text,
    status: 400,
    reason: 'cross-origin',
  },
  {
    what: 'a web page of nowhere',
    headers: { ...local, origin: 'null' },
    payload: text,
    status: 400,
    reason: 'cross-origin',
  },
];

for (const { what, method = 'POST', url = signUrl, payload, headers = local, status, reason } of misuses) {
  test(`${what} is answered ${status} ${reason}, and nothing is signed`, async () => {
    const { server, asked } = createFake();
    await using _ = server;
    const answer = await server.inject({
      method,
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    assert.equal(answer.statusCode, status, answer.body);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal(answer.json().reason, reason);
    assert(answer.body.length < 700);
    assert.equal(asked.length, 0);
  });
}

test('a crash inside is answered 500 without its message, and reported', async () => {
  const { server, events } = createFake({ sign: () => Promise.reject(new Error('secret: 0xdead')) });
  await using _ = server;
  const answer = await server.inject({ method: 'POST', url: signUrl, headers: local, payload: registration });
  assert.equal(answer.statusCode, 500);
  assert.deepEqual(answer.json(), { reason: 'internal-error', message: 'see the log of this node' });
  assert.deepEqual(events, [
    { type: 'fault', where: 'http /api/v1/eth2/sign/:identifier', why: 'secret: 0xdead' },
  ]);
});

test('an error with a status of its own never leaves the five statuses', async () => {
  for (const [thrown, status] of [
    [429, 400],
    [403, 400],
    [503, 500],
    [502, 500],
    [404, 404],
  ] as const) {
    const problem = Object.assign(new Error('busy'), { statusCode: thrown });
    await using server = createFake({ sign: () => Promise.reject(problem) }).server;
    const answer = await server.inject({
      method: 'POST',
      url: signUrl,
      headers: local,
      payload: registration,
    });
    assert.equal(answer.statusCode, status, String(thrown));
  }
});

test('each answer is told to metrics once, with its route and reason', async () => {
  const answers: unknown[] = [];
  await using server = createFake({
    answered: ({ tookMs, ...rest }) => {
      assert(tookMs >= 0);
      answers.push(rest);
    },
  }).server;
  await server.inject({ method: 'POST', url: signUrl, headers: local, payload: registration });
  await server.inject({ method: 'POST', url: signUrl, headers: local, payload: '{}' });
  await server.inject({ method: 'GET', url: '/nowhere', headers: local });
  const route = '/api/v1/eth2/sign/:identifier';
  assert.deepEqual(answers, [
    { route, method: 'POST', status: 200, reason: null },
    { route, method: 'POST', status: 400, reason: 'malformed' },
    { route: null, method: 'GET', status: 404, reason: 'not-found' },
  ]);
});
