/**
 * What goes out with partial signatures: the y of each, where their signer told it; and how many go together.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperatorId, Root, Slot } from '../../src/core/ids.ts';
import { noteY } from '../../src/core/threshold/known-y.ts';
import { isWireError } from '../../src/core/wire/errors.ts';
import { decodeSigned } from '../../src/core/wire/signed.ts';
import { createAddress } from '../../src/workflow/address.ts';
import { createOutbox } from '../../src/workflow/outbox.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { setUp as setUpScene } from './inbox-scene.ts';

const signatureOf = (y: number | null): Uint8Array => {
  const signature = new Uint8Array(96);
  if (y !== null) noteY(signature, new Uint8Array(96).fill(y));
  return signature;
};

const setUp = () => {
  const { cluster, validator, domain } = setUpScene();
  const sent: Uint8Array[] = [];
  const clock = createVirtualClock(0);
  const outbox = createOutbox({
    clock,
    gossip: { publish: (_, message) => void sent.push(message), listen: () => {} },
    keys: { self: 1 as OperatorId, sign: async () => new Uint8Array(256), verify: () => false },
    address: createAddress(domain, cluster.registry),
    report: () => {},
  });
  const send = (...signatures: readonly Uint8Array[]): void => {
    for (const [at, signature] of signatures.entries()) {
      const root = `0x${`0${at}`.repeat(32)}` as Root;
      outbox.sendPartial('attestation', 5 as Slot, validator, root, signature, 0);
    }
  };
  return { clock, outbox, sent, send };
};

/** The full data of the message in which these partials go out. */
const sentWith = async (signatures: readonly Uint8Array[]): Promise<Uint8Array> => {
  const { clock, sent, send } = setUp();
  send(...signatures);
  await clock.runUntil(1000);
  assert.equal(sent.length, 1);
  const message = decodeSigned(sent[0] as Uint8Array);
  assert.ok(!isWireError(message));
  return message.fullData;
};

test('the y of all partials of a message go with it', async () => {
  const ys = await sentWith([signatureOf(3), signatureOf(4)]);
  assert.deepEqual([ys.length, ys[0], ys[95], ys[96], ys[191]], [192, 3, 3, 4, 4]);
});

test('where the y of one is not known, none goes', async () => {
  assert.equal((await sentWith([signatureOf(3), signatureOf(null)])).length, 0);
});

const four = [signatureOf(1), signatureOf(2), signatureOf(3), signatureOf(4)];

test('partials that are ready wait for those that are being signed, and go when the last of these is over', async () => {
  const { clock, outbox, sent, send } = setUp();
  const ends = [outbox.expectPartial(), outbox.expectPartial()];
  send(...four);
  await clock.runUntil(50);
  ends[0]?.();
  await clock.runUntil(60);
  assert.equal(sent.length, 0);
  ends[1]?.();
  await clock.runUntil(61);
  assert.equal(sent.length, 1);
});

test('a share signer that hangs keeps the others for a tenth of a second, and a single partial not at all', async () => {
  const { clock, outbox, sent, send } = setUp();
  outbox.expectPartial();
  send(signatureOf(1));
  await clock.runUntil(1);
  assert.equal(sent.length, 1);
  await clock.runUntil(500);
  send(...four);
  await clock.runUntil(599);
  assert.equal(sent.length, 1);
  await clock.runUntil(601);
  assert.equal(sent.length, 2);
});
