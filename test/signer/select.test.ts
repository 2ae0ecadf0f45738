/**
 * Several signers as one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShareKey } from '../../src/core/ids.ts';
import { selectSigner } from '../../src/signer/select.ts';
import { type ShareSigner, SignerFailed } from '../../src/workflow/ports.ts';
import { failsAs, keys, never, signerContract, strangeKey, taskOf } from './contract.ts';
import { openAll } from './keystore/open-all.ts';

signerContract('selection of one', async () => {
  const inner = await openAll();
  return { ...selectSigner([inner]), [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose]() };
});

const [one, two, three] = keys as [ShareKey, ShareKey, ShareKey];

/** Signs with its own number; its keys and its health can be changed. */
const signerOf = (mark: number, held: ShareKey[]) => {
  const state = { held, isUp: true, lists: 0, signs: 0 };
  const signer: ShareSigner = {
    async keys() {
      state.lists++;
      if (!state.isUp) throw new SignerFailed('unavailable', `signer ${mark} is down`);
      return state.held;
    },
    async sign({ share }) {
      state.signs++;
      if (!state.isUp) throw new SignerFailed('unavailable', `signer ${mark} is down`);
      if (!state.held.includes(share))
        throw new SignerFailed('unknown-key', `signer ${mark} does not hold it`);
      return Uint8Array.of(mark);
    },
  };
  return { signer, state };
};

test('each share goes to the first signer that lists it, and lists are read once', async () => {
  const [a, b] = [signerOf(1, [one, two]), signerOf(2, [two, three])];
  const signer = selectSigner([a.signer, b.signer]);
  const marks = await Promise.all([one, two, three].map((share) => signer.sign(taskOf(share), never)));
  assert.deepEqual(marks, [Uint8Array.of(1), Uint8Array.of(1), Uint8Array.of(2)]);
  assert.deepEqual([a.state.lists, b.state.lists], [1, 1]);
  assert.deepEqual(await signer.keys(never), [one, two, three]);
});

test('an unknown share has the lists read again, but not at every request', async () => {
  let now = 0;
  const a = signerOf(1, [one]);
  const signer = selectSigner([a.signer], { now: () => now });
  for (let at = 0; at < 5; at++) {
    await assert.rejects(
      signer.sign(taskOf(strangeKey), never),
      failsAs('unknown-key', new RegExp(strangeKey)),
    );
  }
  assert.equal(a.state.lists, 1);
  a.state.held.push(strangeKey);
  now = 5000;
  assert.deepEqual(await signer.sign(taskOf(strangeKey), never), Uint8Array.of(1));
  assert.equal(a.state.lists, 2);
});

test('a share that moved is found again', async () => {
  let now = 0;
  const [a, b] = [signerOf(1, [one]), signerOf(2, [])];
  const signer = selectSigner([a.signer, b.signer], { now: () => now });
  await signer.sign(taskOf(one), never);
  b.state.held.push(...a.state.held.splice(0));
  now = 6000;
  await assert.rejects(signer.sign(taskOf(one), never), failsAs('unknown-key'));
  assert.deepEqual(await signer.sign(taskOf(one), never), Uint8Array.of(2));
});

test('a signer that is down takes only its own shares with it, and makes no partial list', async () => {
  const [a, b] = [signerOf(1, [one]), signerOf(2, [two])];
  a.state.isUp = false;
  let now = 0;
  const signer = selectSigner([a.signer, b.signer], { now: () => now });
  assert.deepEqual(await signer.sign(taskOf(two), never), Uint8Array.of(2));
  await assert.rejects(signer.sign(taskOf(one), never), failsAs('unavailable', /signer 1 is down/));
  await assert.rejects(signer.keys(never), failsAs('unavailable', /signer 1 is down/));
  a.state.isUp = true;
  now = 9000;
  assert.deepEqual(await signer.sign(taskOf(one), never), Uint8Array.of(1));
});
