/**
 * The Dirk client against a double: the contract, batches, and answers that a real Dirk never gives.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ServerHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import type { ShareKey } from '../../../src/core/ids.ts';
import { file_dirk, ResponseState } from '../../../src/signer/dirk/dirk-pb.ts';
import type { SignerFailureReason } from '../../../src/workflow/outcome.ts';
import { failsAs, keys, never, signerContract, taskOf, verifies } from '../contract.ts';
import { answerWith, frame, startDouble } from './double.ts';

const [one, two] = keys as [ShareKey, ShareKey];

signerContract('dirk double', async () => {
  const double = await startDouble();
  const signer = double.signer();
  return {
    ...signer,
    async [Symbol.asyncDispose]() {
      await signer[Symbol.asyncDispose]();
      await double[Symbol.asyncDispose]();
    },
  };
});

test('what is generated has the names and numbers of dirk.proto', () => {
  const text = readFileSync(new URL('../../../src/signer/dirk/dirk.proto', import.meta.url), 'utf8');
  const written = [...text.matchAll(/message (\w+) \{([\s\S]*?)\n\}/g)].flatMap(([, message, body]) =>
    [...(body ?? '').matchAll(/(\w+) = (\d+);/g)].map(([, field, at]) => `${message}.${field} = ${at}`),
  );
  const generated = file_dirk.messages.flatMap(({ name, fields }) =>
    fields.map((field) => `${name}.${field.name} = ${field.number}`),
  );
  assert.ok(written.length > 30);
  assert.deepEqual(generated.toSorted(), written.toSorted());
  const methods = file_dirk.services.flatMap(({ methods }) => methods.map(({ name }) => name));
  assert.deepEqual(methods.toSorted(), [...text.matchAll(/rpc (\w+)/g)].map(([, name]) => name).toSorted());
});

test('attestations of one turn go together, each share once, and a single one goes alone', async () => {
  await using double = await startDouble();
  await using signer = double.signer();
  await signer.keys(never);
  await Promise.all(keys.map((share) => signer.sign(taskOf(share), never)));
  await signer.sign(taskOf(one, 'attestation', 2), never).catch(() => undefined);
  const [, together, alone, ...more] = double.asked;
  assert.deepEqual(together, { path: '/v1.Signer/SignBeaconAttestations', count: keys.length });
  assert.deepEqual(alone, { path: '/v1.Signer/SignBeaconAttestation', count: 1 });
  assert.deepEqual(more, []);
});

test('each root is asked for once, however many want it, and again only after a failure', async () => {
  await using double = await startDouble();
  await using signer = double.signer();
  const task = taskOf(one, 'block');
  const signatures = await Promise.all(Array.from({ length: 20 }, () => signer.sign(task, never)));
  assert.equal(new Set(signatures.map(String)).size, 1);
  const asked = () => double.asked.filter(({ path }) => path === '/v1.Signer/SignBeaconProposal').length;
  assert.equal(asked(), 1);
  double.change = () => ({ state: ResponseState.FAILED });
  const other = taskOf(two, 'block');
  await assert.rejects(signer.sign(other, never), failsAs('unavailable'));
  await assert.rejects(signer.sign(other, never), failsAs('unavailable', /its log says why/));
  assert.equal(asked(), 3);
});

test('each state has its reason', async () => {
  await using double = await startDouble();
  await using signer = double.signer();
  const table: readonly (readonly [ResponseState, SignerFailureReason])[] = [
    [ResponseState.DENIED, 'refused'],
    [ResponseState.FAILED, 'unavailable'],
    [ResponseState.UNKNOWN, 'unavailable'],
    [77 as ResponseState, 'unavailable'],
  ];
  for (const [state, reason] of table) {
    double.change = (answer) => ({ ...answer, state });
    await assert.rejects(signer.sign(taskOf(one, 'randao'), never), failsAs(reason, new RegExp(one)));
  }
});

test('a signature that is not one of this share and root is never passed on', async () => {
  await using double = await startDouble();
  await using signer = double.signer();
  for (const signature of [new Uint8Array(), new Uint8Array(96), new Uint8Array(97).fill(1)]) {
    double.change = (answer) => ({ ...answer, signature });
    await assert.rejects(signer.sign(taskOf(one, 'randao'), never), failsAs('bad-signature'));
  }
});

test('whatever a server sends is an answer or a failure, never a crash', async () => {
  await using double = await startDouble();
  await using signer = double.signer();
  await signer.keys(never);
  const misdeeds: readonly (readonly [string, (stream: ServerHttp2Stream) => void])[] = [
    ['bytes that are no message', (stream) => answerWith(stream, frame(Buffer.from('not a message')))],
    ['no frame', (stream) => answerWith(stream, Buffer.from('x'))],
    ['a frame that is shorter than it says', (stream) => answerWith(stream, Buffer.from([0, 0, 0, 0, 9, 1]))],
    ['nothing', (stream) => answerWith(stream, Buffer.alloc(0))],
    ['no status', (stream) => stream.respond({ ':status': 200 }, { endStream: true })],
    ['another protocol', (stream) => stream.respond({ ':status': 404 }, { endStream: true })],
    ['a status', (stream) => answerWith(stream, Buffer.alloc(0), '14', 'come\tback later')],
    ['a reset', (stream) => stream.close(2)],
    ['the end of the connection', () => double.cut()],
  ];
  for (const [what, misdeed] of misdeeds) {
    double.takeOver = (stream) => {
      misdeed(stream);
      return true;
    };
    await assert.rejects(signer.sign(taskOf(one, 'randao'), never), failsAs('unavailable'), what);
    await assert.rejects(signer.keys(never), failsAs('unavailable'), what);
  }
  double.takeOver = null;
  const task = taskOf(one, 'randao');
  assert.ok(verifies(await signer.sign(task, never), task.roots.signingRoot, one));
});

test('an answer without end is cut off', async () => {
  await using double = await startDouble();
  await using signer = double.signer({ timeoutMs: 20_000 });
  double.takeOver = (stream) => {
    stream.respond({ ':status': 200 });
    const write = (): void => {
      if (!stream.destroyed) stream.write(Buffer.alloc(1 << 20), write);
    };
    write();
    return true;
  };
  await assert.rejects(signer.keys(never), failsAs('unavailable', /more than \d+ bytes/));
});

test('on a connection that has gone silent no later call is made', async () => {
  await using double = await startDouble();
  await using signer = double.signer({ timeoutMs: 300 });
  await signer.keys(never);
  const sessions = new Set<unknown>();
  double.takeOver = (stream) => {
    sessions.add(stream.session);
    return sessions.size === 1;
  };
  await assert.rejects(
    signer.sign(taskOf(one, 'randao'), never),
    failsAs('timeout', /no answer within 300 ms/),
  );
  await signer.sign(taskOf(two, 'randao'), never);
  assert.equal(sessions.size, 2);
});
