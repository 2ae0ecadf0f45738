/**
 * The Web3Signer client: the contract, and every way in which the other side can answer.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { fromHex, toHex } from '../../../src/core/bytes.ts';
import { renderWeb3Signer } from '../../../src/core/eth2/render.ts';
import type { ShareKey } from '../../../src/core/ids.ts';
import { verifyPartials } from '../../../src/core/threshold/combine.ts';
import { createWeb3Signer, type Web3SignerOptions } from '../../../src/signer/web3signer/web3signer.ts';
import type { SignerFailureReason } from '../../../src/workflow/outcome.ts';
import {
  failsAs,
  keys,
  network,
  never,
  secrets,
  signerContract,
  taskOf,
  types,
  verifies,
} from '../contract.ts';
import { startDouble } from './double.ts';

const clientOf = (url: string, options: Partial<Web3SignerOptions> = {}) =>
  createWeb3Signer({
    url,
    timeoutMs: 5000,
    render: (signable, roots) => renderWeb3Signer(network, signable, roots),
    verify: async (check) => verifyPartials([check])[0] === true,
    ...options,
  });

const start = async (options: Partial<Web3SignerOptions> = {}, path = '') => {
  const double = await startDouble();
  const signer = clientOf(double.url + path, options);
  return {
    ...signer,
    double,
    async [Symbol.asyncDispose]() {
      await signer[Symbol.asyncDispose]();
      if (double.server.listening) await double[Symbol.asyncDispose]();
    },
  };
};

signerContract('web3signer', () => start());

const [firstKey] = keys as [ShareKey];
const firstSecret = secrets[0] as (typeof secrets)[0];

test('a path before the API, as behind a proxy, is kept', async () => {
  await using signer = await start({}, '/signers/one/');
  const task = taskOf(firstKey);
  const seen: string[] = [];
  signer.double.takeOver = (request) => {
    seen.push(request.url ?? '');
    return false;
  };
  assert.ok(verifies(await signer.sign(task, never), task.roots.signingRoot, firstKey));
  assert.deepEqual(seen, [`/signers/one/api/v1/eth2/sign/${firstKey}`]);
});

test('every type is asked for with its signing root', async () => {
  await using signer = await start();
  for (const type of types) await signer.sign(taskOf(firstKey, type), never);
  const roots = signer.double.bodies.map((body) => (body as { signingRoot: string }).signingRoot);
  assert.deepEqual(
    roots,
    types.map((type) => taskOf(firstKey, type).roots.signingRoot),
  );
});

const send =
  (status: number, body = '') =>
  (response: ServerResponse) => {
    response.statusCode = status;
    response.end(body);
  };

test('each status has its reason, and its message says what to look at', async () => {
  await using signer = await start();
  const table: readonly (readonly [number, SignerFailureReason, RegExp])[] = [
    [412, 'refused', /412 \(because\): its slashing protection/],
    [400, 'refused', /400/],
    [404, 'unknown-key', /does not hold/],
    [403, 'unavailable', /host allow list/],
    [500, 'unavailable', /network/],
    [503, 'unavailable', /503/],
    [302, 'unavailable', /302/],
    [204, 'unavailable', /204/],
  ];
  for (const [status, reason, message] of table) {
    signer.double.takeOver = (_, response) => {
      send(status, status === 204 ? '' : ' because\u0007\n')(response);
      return true;
    };
    await assert.rejects(signer.sign(taskOf(firstKey), never), failsAs(reason, message));
    await assert.rejects(signer.keys(never), failsAs('unavailable'));
  }
});

test('text and JSON answers are taken, anything else is a bad signature', async () => {
  await using signer = await start();
  const task = taskOf(firstKey);
  const signature = toHex(firstSecret.sign(fromHex(task.roots.signingRoot)).toBytes());
  const answerWith = (body: string) => {
    signer.double.takeOver = (_, response) => {
      send(200, body)(response);
      return true;
    };
  };
  for (const body of [
    signature,
    `${signature}\n`,
    JSON.stringify({ signature }),
    JSON.stringify(signature),
    signature.replace(/[a-f]/g, (digit) => digit.toUpperCase()),
  ]) {
    answerWith(body);
    assert.equal(toHex(await signer.sign(task, never)), signature);
  }
  const other = toHex((secrets[1] as (typeof secrets)[0]).sign(new Uint8Array(32)).toBytes());
  const bad = [
    '',
    '{}',
    '[]',
    'null',
    '0x',
    signature.slice(2),
    signature.slice(0, -2),
    `{"signature":"${signature}`,
    `{"signature":7}`,
    '<html>',
    `0xc0${'00'.repeat(95)}`,
    other,
  ];
  for (const body of bad) {
    answerWith(body);
    await assert.rejects(
      signer.sign(task, never),
      failsAs('bad-signature', new RegExp(firstKey)),
      body.slice(0, 40),
    );
  }
});

test('lists that are not wholly keys are refused', async () => {
  await using signer = await start();
  for (const body of ['', '{}', '"0x"', '["0x12"]', `["${firstKey}", 7]`]) {
    signer.double.takeOver = (_, response) => {
      send(200, body)(response);
      return true;
    };
    await assert.rejects(signer.keys(never), failsAs('unavailable', /not a list of keys/));
  }
});

test('an answer without end is cut off', async () => {
  await using signer = await start();
  signer.double.takeOver = (_, response) => {
    const write = (): void => {
      if (!response.destroyed) response.write('x'.repeat(4096), write);
    };
    write();
    return true;
  };
  await assert.rejects(signer.sign(taskOf(firstKey), never), failsAs('unavailable', /more than 16384 bytes/));
});

test('silence, before the answer or in it, is a timeout', async () => {
  await using signer = await start({ timeoutMs: 60 });
  signer.double.takeOver = () => true;
  await assert.rejects(signer.sign(taskOf(firstKey), never), failsAs('timeout', /within 60 ms/));
  signer.double.takeOver = (_, response) => {
    response.write('{"sig');
    return true;
  };
  await assert.rejects(signer.sign(taskOf(firstKey), never), failsAs('timeout', /within 60 ms/));
});

test('a connection that the server closed while idle does not fail the next request', async () => {
  await using signer = await start({ connections: 1 });
  const task = taskOf(firstKey);
  await signer.sign(task, never);
  let attempts = 0;
  signer.double.takeOver = (request) => {
    attempts++;
    if (attempts > 1) return false;
    // What a client sees that sends just as the server closes.
    request.socket.destroy();
    return true;
  };
  assert.ok(verifies(await signer.sign(task, never), task.roots.signingRoot, firstKey));
  assert.equal(attempts, 2);
});

test('a server that always hangs up is unavailable after the second try', async () => {
  await using signer = await start();
  let attempts = 0;
  signer.double.takeOver = (request) => {
    attempts++;
    request.socket.destroy();
    return true;
  };
  await assert.rejects(signer.sign(taskOf(firstKey), never), failsAs('unavailable', /cannot be reached/));
  assert.equal(attempts, 2);
});

test('nobody listening is unavailable, and works again once somebody does', async () => {
  const placeholder = createServer().listen(0, '127.0.0.1');
  await once(placeholder, 'listening');
  const { port } = placeholder.address() as { port: number };
  placeholder.close();
  await once(placeholder, 'close');
  await using signer = clientOf(`http://127.0.0.1:${port}`);
  await assert.rejects(signer.sign(taskOf(firstKey), never), failsAs('unavailable', /ECONNREFUSED/));
  await assert.rejects(signer.keys(never), failsAs('unavailable', /ECONNREFUSED/));
});

test('an address that cannot be used is refused, and not repeated', () => {
  for (const url of ['', 'localhost:9000', 'ftp://host/', 'http://user:hunter2@host:9000', 'http://']) {
    assert.throws(
      () => clientOf(url),
      (error: Error) => error instanceof TypeError && !error.message.includes('hunter2'),
    );
  }
});
