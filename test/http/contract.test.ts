/**
 * openapi/quorate.yaml against the server: every example is sent or checked, every route is compared both ways.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fastify from 'fastify';
import { parse } from 'yaml';
import { createMetricsServer } from '../../src/http/metrics-server.ts';
import { defaultServerOptions } from '../../src/http/server.ts';
import { createFake, keyHex, local, registration, signatureHex, signUrl } from './fake.ts';

interface Media {
  readonly schema?: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}
interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const contract = parse(
  readFileSync(new URL('../../openapi/quorate.yaml', import.meta.url), 'utf8'),
) as Contract;
const signPath = '/api/v1/eth2/sign/{identifier}';

/** Lends its JSON Schema validator, which a first route with a schema makes; it shall change nothing in what it judges. */
const lender = fastify({
  ajv: {
    customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allowUnionTypes: true },
  },
});
lender.get('/', { schema: { querystring: { type: 'object' } } }, () => null);
await lender.ready();

/** The schema with the contract's own definitions, checked by a JSON Schema validator. */
const isValid = (schema: object, value: unknown): boolean => {
  const standalone = JSON.parse(
    JSON.stringify({ ...schema, $defs: contract.components.schemas }).replaceAll(
      '#/components/schemas/',
      '#/$defs/',
    ),
  );
  const validate = lender.validatorCompiler?.({
    schema: standalone,
    method: 'POST',
    url: '/',
    httpPart: 'body',
  });
  assert(typeof validate === 'function');
  return validate(value) === true;
};

const valuesOf = ({ example, examples }: Media): readonly unknown[] => [
  ...(example === undefined ? [] : [example]),
  ...Object.values(examples ?? {}).map(({ value }) => value),
];

const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([method]) => ['get', 'post', 'put', 'delete', 'patch'].includes(method))
    .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);

const requests = contract.paths[signPath]?.post?.requestBody?.content['application/json'] ?? {};

test('the contract has an example of every sign type', () => {
  const schema = contract.components.schemas.SignRequest as {
    properties: { type: { enum: readonly string[] } };
  };
  const shown = new Set(valuesOf(requests).map((value) => (value as { type: string }).type));
  assert.deepEqual([...shown].sort(), [...schema.properties.type.enum].sort());
  assert.equal(shown.size, 13);
});

for (const [name, { value }] of Object.entries(requests.examples ?? {})) {
  test(`the example request ${name} fits its schema and is signed`, async () => {
    assert(isValid(requests.schema ?? {}, value));
    const { server, asked } = createFake();
    await using _ = server;
    const headers = { ...local, accept: 'application/json' };
    const answer = await server.inject({ method: 'POST', url: signUrl, headers, payload: value as object });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(asked.length, 1);
  });
}

test('the schema of sign requests refuses what is no request', () => {
  for (const value of [{}, { type: 'X' }, { type: 'RANDAO_REVEAL', randao_reveal: { epoch: '-1' } }, []]) {
    assert(!isValid(requests.schema ?? {}, value), JSON.stringify(value));
  }
});

for (const { name, operation } of operations) {
  test(`the example answers of ${name} fit their schemas`, () => {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      for (const [type, media] of Object.entries(content ?? {})) {
        for (const value of valuesOf(media)) assert(isValid(media.schema ?? {}, value), `${status} ${type}`);
      }
    }
  });
}

test('the routes of the servers are those of the contract', async () => {
  await using server = createFake().server;
  await using metrics = createMetricsServer(
    async () => ({ contentType: 'text/plain', body: '' }),
    () => {},
    defaultServerOptions,
  );
  await server.inject({ url: '/upcheck', headers: local });
  await metrics.inject({ url: '/metrics', headers: local });
  // Below its page, Swagger UI has files of its own.
  const served = [...server.routes, ...metrics.routes]
    .map((route) => route.replace(/:([a-z]+)/g, '{$1}').replace(/\/$/, ''))
    .filter((route) => !route.startsWith('GET /swagger-ui/'));
  assert.deepEqual([...new Set(served)].sort(), operations.map(({ name }) => name).sort());
});

const answers: readonly (readonly [
  string,
  Parameters<typeof createFake>[0],
  string,
  'GET' | 'POST',
  number,
])[] = [
  ['POST /api/v1/eth2/sign/{identifier}', {}, signUrl, 'POST', 200],
  [
    'POST /api/v1/eth2/sign/{identifier}',
    { sign: async () => ({ type: 'unknown-validator' }) },
    signUrl,
    'POST',
    404,
  ],
  [
    'POST /api/v1/eth2/sign/{identifier}',
    { sign: async () => ({ type: 'undecided', detail: 'x' }) },
    signUrl,
    'POST',
    500,
  ],
  ['GET /api/v1/eth2/publicKeys', {}, '/api/v1/eth2/publicKeys', 'GET', 200],
  [
    'GET /api/v1/eth2/publicKeys',
    { publicKeys: () => ({ type: 'not-ready', why: 'x' }) },
    '/api/v1/eth2/publicKeys',
    'GET',
    503,
  ],
  ['GET /healthcheck', {}, '/healthcheck', 'GET', 200],
  ['POST /reload', {}, '/reload', 'POST', 202],
  ['POST /reload', { reload: () => 'running' }, '/reload', 'POST', 409],
  ['GET /reload', {}, '/reload', 'GET', 200],
];

for (const [name, deps, url, method, status] of answers) {
  test(`what ${name} answers with ${status} fits the contract`, async () => {
    await using server = createFake(deps).server;
    const headers = { ...local, accept: 'application/json' };
    const answer = await server.inject({
      method,
      url,
      headers,
      ...(url === signUrl ? { payload: registration } : {}),
    });
    assert.equal(answer.statusCode, status);
    const media = operations.find((known) => known.name === name)?.operation.responses[status]?.content?.[
      'application/json'
    ];
    assert(media?.schema !== undefined);
    assert(isValid(media.schema, answer.json()), answer.body);
  });
}

test('the examples name a key and a signature of the right length', () => {
  const signature = contract.paths[signPath]?.post?.responses['200']?.content?.['text/plain']?.example;
  assert.equal(String(signature).length, signatureHex.length);
  assert.equal(keyHex.length, 98);
});
