/**
 * Two real Dirks that hold the same shares, each with a record of its own; the first is killed in the middle of a burst.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretKey } from '@chainsafe/blst';
import { verifyPartials } from '../../../src/core/threshold/combine.ts';
import { selectSigner } from '../../../src/signer/select.ts';
import type { ShareTask } from '../../../src/workflow/ports.ts';
import { failsAs, keyOf, never, taskOf, verifies } from '../contract.ts';
import { noDirk, startWorld } from './world.ts';

const held = Array.from({ length: 60 }, (_, at) => SecretKey.fromKeygen(new Uint8Array(32).fill(at + 1)));
const burst = (): readonly ShareTask[] =>
  held.flatMap((secret) => {
    const share = keyOf(secret);
    return [taskOf(share), taskOf(share, 'block'), taskOf(share, 'sync-message')];
  });

test('kill -9 of the primary Dirk in the middle of a burst loses nothing', { skip: noDirk }, async () => {
  await using primary = await startWorld(held);
  await using standby = await startWorld(held);
  await using first = primary.signer();
  await using second = standby.signer();
  const selected = selectSigner([first, second]);
  assert.equal((await selected.keys(never)).length, held.length);
  let signed = 0;
  const checks = await Promise.all(
    burst().map(async (task) => {
      const signature = await selected.sign(task, never);
      signed++;
      if (signed === 10) primary.dirk.signal('SIGKILL');
      return { share: task.share, signingRoot: task.roots.signingRoot, signature };
    }),
  );
  assert.equal(signed, 3 * held.length);
  assert.ok(verifyPartials(checks).every((isGood) => isGood));
  await assert.rejects(first.keys(never), failsAs('unavailable'));
});

test('what the primary Dirk denies the standby is not asked for', { skip: noDirk }, async () => {
  const [secret] = held as [SecretKey];
  await using primary = await startWorld([secret]);
  await using standby = await startWorld([secret]);
  await using first = primary.signer();
  await using elsewhere = primary.signer();
  await using second = standby.signer();
  const task = taskOf(keyOf(secret));
  // By another client of the primary, so that nobody here has its answer.
  await elsewhere.sign(task, never);
  const selected = selectSigner([first, second]);
  await assert.rejects(selected.sign(task, never), failsAs('refused'));
  // It signs it only because nothing was asked of it before.
  assert.ok(verifies(await second.sign(task, never), task.roots.signingRoot, task.share));
});
