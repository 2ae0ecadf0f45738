/**
 * What can be sent as hints and certificates, one row a guard; and registrations, which travel in hints.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeHint } from '../../src/core/wire/hint.ts';
import { partialsMessageId } from '../../src/core/wire/message-id.ts';
import { encodeSigned } from '../../src/core/wire/signed.ts';
import { registrationPayload } from '../../src/workflow/exchange.ts';
import { requestOf } from '../simulation/world/requests.ts';
import { corrupt, setUp, testRows } from './inbox-scene.ts';

testRows([
  [
    'a hint for a duty',
    (s) =>
      s.sign(
        s.other,
        s.consensus(s.other).message.id,
        'hint',
        encodeHint({ slot: s.slot, items: [{ number: 0, payload: s.value }] }),
      ),
    'accept',
    null,
  ],
  [
    'a forged signature on a hint',
    (s) =>
      corrupt(
        s.sign(
          s.other,
          s.consensus(s.other).message.id,
          'hint',
          encodeHint({ slot: s.slot, items: [{ number: 0, payload: s.value }] }),
        ),
      ),
    'reject',
    /bad-operator-signature/,
  ],
  [
    'a hint without items',
    (s) => s.sign(s.other, s.consensus(s.other).message.id, 'hint', encodeHint({ slot: s.slot, items: [] })),
    'reject',
    /does not fit/,
  ],
  [
    'more hints than a duty can have',
    (s) =>
      s.sign(
        s.other,
        s.consensus(s.other).message.id,
        'hint',
        encodeHint({
          slot: s.slot,
          items: Array.from({ length: 5 }, (_, number) => ({ number, payload: s.value })),
        }),
      ),
    'reject',
    /does not fit/,
  ],
  [
    'a hint of a past slot',
    (s) =>
      s.sign(
        s.other,
        s.consensus(s.other).message.id,
        'hint',
        encodeHint({ slot: s.slot - 10, items: [{ number: 0, payload: s.value }] }),
      ),
    'ignore',
    /too-late/,
  ],
  [
    'a hint for an exit',
    (s) =>
      s.sign(
        s.other,
        partialsMessageId(s.domain, 'exit', s.committee.id),
        'hint',
        encodeHint({ slot: s.slot, items: [{ number: 0, payload: s.value }] }),
      ),
    'reject',
    /does not fit/,
  ],
  [
    'a hint with full data',
    (s) => ({
      ...s.sign(
        s.other,
        s.consensus(s.other).message.id,
        'hint',
        encodeHint({ slot: s.slot, items: [{ number: 0, payload: s.value }] }),
      ),
      fullData: new Uint8Array(1),
    }),
    'reject',
    /does not fit/,
  ],
  [
    'a certificate that is none',
    (s) =>
      s.sign(
        s.other,
        s.consensus(s.other).message.id,
        'hint',
        encodeHint({ slot: s.slot, items: [{ number: 1, payload: new Uint8Array(9) }] }),
      ),
    'ignore',
    null,
  ],
  [
    'a certificate of one signer',
    (s) =>
      s.sign(
        s.other,
        s.consensus(s.other).message.id,
        'hint',
        encodeHint({
          slot: s.slot,
          items: [{ number: 1, payload: encodeSigned(s.consensus(s.other, { type: 'commit' }, s.value)) }],
        }),
      ),
    'ignore',
    null,
  ],
]);

test('a registration that a peer asks for is signed once our own client wants the like, and not without end', async () => {
  const scene = setUp();
  const registration = (timestamp: number, recipient = 0x11) =>
    ({
      type: 'registration',
      feeRecipient: `0x${recipient.toString(16).repeat(20)}`,
      gasLimit: 1n,
      timestamp,
      validator: scene.validator.key,
    }) as const;
  const hint = (timestamp: number, recipient?: number) => {
    const payload = registrationPayload(registration(timestamp, recipient));
    const id = partialsMessageId(scene.domain, 'registration', scene.committee.id);
    const items = [{ number: scene.validator.number, payload }];
    return scene.sign(scene.other, id, 'hint', encodeHint({ slot: scene.slot, items }));
  };
  const nowSeconds = Math.floor(scene.cluster.clock.now() / 1000);
  assert.match((await scene.send(hint(nowSeconds - 30 * 3600))).why ?? '', /old/);
  await scene.send(hint(nowSeconds, 0x22));
  for (let at = 1; at < 20; at++) await scene.send(hint(nowSeconds - at));
  await scene.cluster.clock.runUntil(scene.cluster.clock.now() + 50);
  assert.equal(
    scene.listener.signer.signed.length,
    0,
    'the cluster file leaves the fee recipient open: a peer cannot choose it',
  );
  void scene.listener.workflow?.sign(
    scene.validator.key,
    requestOf(scene.cluster.eth2, registration(nowSeconds)),
    new AbortController().signal,
  );
  await scene.cluster.clock.runUntil(scene.cluster.clock.now() + 50);
  assert.equal(scene.listener.signer.signed.length, 1 + 7, 'our own, and as many of the peer as it may send');
});
