/**
 * Primary and standby: when the next signer is asked, and when never.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShareKey } from '../../src/core/ids.ts';
import { createHealth } from '../../src/signer/health.ts';
import { type SelectOptions, selectSigner } from '../../src/signer/select.ts';
import type { SignerFailureReason } from '../../src/workflow/outcome.ts';
import { type ShareSigner, SignerFailed } from '../../src/workflow/ports.ts';
import { failsAs, keys, never, taskOf } from './contract.ts';

const [one, two] = keys as [ShareKey, ShareKey];

type Behaviour = 'signs' | 'hangs' | SignerFailureReason;

const signerOf = (mark: number, behaviour: Behaviour = 'signs') => {
  const state = { behaviour, asked: 0, aborted: 0, canList: true };
  const signer: ShareSigner = {
    async keys() {
      if (!state.canList) throw new SignerFailed('unavailable', `signer ${mark} does not list`);
      return [one, two];
    },
    async sign(_task, signal) {
      state.asked++;
      if (state.behaviour === 'signs') return Uint8Array.of(mark);
      if (state.behaviour !== 'hangs') throw new SignerFailed(state.behaviour, `signer ${mark} fails`);
      const aborted = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => {
        state.aborted++;
        aborted.reject(new SignerFailed('timeout', `signer ${mark} given up`));
      });
      return await aborted.promise;
    },
  };
  return { signer, state };
};

/** Time stands still unless moved; a slice ends when `endSlice` says so. */
const selectionOf = (signers: readonly ShareSigner[], more: SelectOptions = {}) => {
  const clock = { now: 0 };
  let slices: (() => void)[] = [];
  const signer = selectSigner(signers, {
    now: () => clock.now,
    wait: () => new Promise((resolve) => slices.push(resolve)),
    ...more,
  });
  const endSlice = (): void => {
    for (const end of slices.splice(0)) end();
    slices = [];
  };
  return { signer, clock, endSlice, isWaiting: () => slices.length > 0 };
};

const turns = async (until: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1000 && !until(); turn++) await new Promise(setImmediate);
  assert.ok(until());
};

for (const reason of ['unavailable', 'timeout', 'unknown-key', 'bad-signature'] as const) {
  test(`where the primary fails as ${reason} the standby signs at once`, async () => {
    const [primary, standby] = [signerOf(1, reason), signerOf(2)];
    const { signer } = selectionOf([primary.signer, standby.signer]);
    assert.deepEqual(await signer.sign(taskOf(one), never), Uint8Array.of(2));
    assert.deepEqual([primary.state.asked, standby.state.asked], [1, 1]);
  });
}

test('where the primary refuses, the standby is never asked', async () => {
  const [primary, standby] = [signerOf(1, 'refused'), signerOf(2)];
  const { signer } = selectionOf([primary.signer, standby.signer]);
  for (let time = 0; time < 3; time++)
    await assert.rejects(signer.sign(taskOf(one), never), failsAs('refused', /signer 1/));
  assert.equal(standby.state.asked, 0);
});

test('a primary that is slow has the standby asked beside it, and is left when that has signed', async () => {
  const [primary, standby] = [signerOf(1, 'hangs'), signerOf(2)];
  const { signer, endSlice, isWaiting } = selectionOf([primary.signer, standby.signer]);
  const signature = signer.sign(taskOf(one), never);
  await turns(isWaiting);
  assert.equal(standby.state.asked, 0);
  endSlice();
  assert.deepEqual(await signature, Uint8Array.of(2));
  assert.equal(primary.state.aborted, 1);
});

test('a refusal by a slow primary ends it although the standby is still at work', async () => {
  const refusal = Promise.withResolvers<never>();
  const primary = { ...signerOf(1).signer, sign: () => refusal.promise };
  const standby = signerOf(2, 'hangs');
  const { signer, endSlice, isWaiting } = selectionOf([primary, standby.signer]);
  const signature = signer.sign(taskOf(one), never);
  const refused = assert.rejects(signature, failsAs('refused', /no/));
  await turns(isWaiting);
  endSlice();
  await turns(() => standby.state.asked === 1);
  refusal.reject(new SignerFailed('refused', 'no'));
  await refused;
  assert.equal(standby.state.aborted, 1);
});

test('where all fail, all are heard', async () => {
  const all = [signerOf(1, 'unavailable'), signerOf(2, 'timeout'), signerOf(3, 'unavailable')];
  const { signer } = selectionOf(all.map((each) => each.signer));
  await assert.rejects(
    signer.sign(taskOf(one), never),
    failsAs('unavailable', /signer 1 fails; then signer 2 fails; then signer 3 fails/),
  );
});

test('a caller that gives up has no further signer asked', async () => {
  const [primary, standby] = [signerOf(1, 'hangs'), signerOf(2)];
  const { signer, isWaiting } = selectionOf([primary.signer, standby.signer]);
  const abort = new AbortController();
  const given = assert.rejects(signer.sign(taskOf(one), abort.signal), failsAs('timeout'));
  await turns(isWaiting);
  abort.abort();
  await given;
  assert.equal(standby.state.asked, 0);
});

test('a primary that failed rests behind the standby, and comes back first', async () => {
  const [primary, standby] = [signerOf(1, 'unavailable'), signerOf(2)];
  const { signer, clock } = selectionOf([primary.signer, standby.signer]);
  for (let time = 0; time < 5; time++) await signer.sign(taskOf(one), never);
  assert.deepEqual([primary.state.asked, standby.state.asked], [1, 5]);
  primary.state.behaviour = 'signs';
  clock.now += 2000;
  assert.deepEqual(await signer.sign(taskOf(one), never), Uint8Array.of(1));
});

test('a primary whose keys cannot be listed stays behind, keeps its shares, and is the last resort', async () => {
  const [primary, standby] = [signerOf(1), signerOf(2)];
  const { signer } = selectionOf([primary.signer, standby.signer]);
  assert.deepEqual(await signer.keys(never), [one, two]);
  primary.state.canList = false;
  assert.deepEqual(await signer.keys(never), [one, two]);
  assert.deepEqual([...signer.reachable()], [one, two]);
  assert.equal(signer.failures().length, 1);
  assert.deepEqual(await signer.sign(taskOf(one), never), Uint8Array.of(2));
  standby.state.behaviour = 'unavailable';
  assert.deepEqual(await signer.sign(taskOf(one), never), Uint8Array.of(1));
  standby.state.canList = false;
  await signer.keys(never);
  assert.deepEqual([...signer.reachable()], []);
});

test('rests double while failures go on, up to a minute, and end with a signature', () => {
  let now = 0;
  const health = createHealth(['a', 'b'], () => now);
  const isFirst = (): boolean => health.order(['a', 'b'])[0] === 'a';
  const rests: number[] = [];
  for (let time = 0; time < 7; time++) {
    health.failed('a');
    health.failed('a');
    const from = now;
    while (!isFirst()) now += 1000;
    rests.push((now - from) / 1000);
  }
  assert.deepEqual(rests, [2, 4, 8, 16, 32, 60, 60]);
  health.signed('a');
  health.failed('a');
  now += 2000;
  assert.ok(isFirst());
});
