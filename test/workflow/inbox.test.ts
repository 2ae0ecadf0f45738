/**
 * What a stranger or a lying operator can send in envelopes and consensus messages, one row a guard: the verdict that gossip is told, and
 * why.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '../../src/core/bytes.ts';
import type { OperatorId, Root } from '../../src/core/ids.ts';
import { dutyMessageId, messageId, partialsMessageId } from '../../src/core/wire/message-id.ts';
import { encodePartials } from '../../src/core/wire/partial.ts';
import type { SignedMessage } from '../../src/core/wire/signed.ts';
import { partialSignature } from '../fakes/signing.ts';
import { attestationOf, requestOf } from '../simulation/world/requests.ts';
import { corrupt, none, setUp, testRows } from './inbox-scene.ts';

testRows([
  ['bytes that are no message', () => new Uint8Array(40).fill(7), 'reject', /unmarshal/],
  [
    'an id of another network',
    (s) => s.sign(s.other, messageId(new Uint8Array(4), 0, new Uint8Array(48)), 'consensus', none),
    'ignore',
    /another network/,
  ],
  [
    'an unknown role',
    (s) => s.sign(s.other, messageId(s.domain, 99, new Uint8Array(48)), 'consensus', none),
    'ignore',
    /role/,
  ],
  [
    'a negative role',
    (s) => s.sign(s.other, messageId(s.domain, -1, new Uint8Array(48)), 'consensus', none),
    'reject',
    /role/,
  ],
  [
    'an unknown committee',
    (s) => s.sign(s.other, messageId(s.domain, 0, new Uint8Array(48)), 'consensus', none),
    'ignore',
    /unknown committee/,
  ],
  [
    'an unknown validator',
    (s) => s.sign(s.other, messageId(s.domain, 2, new Uint8Array(48).fill(9)), 'consensus', none),
    'ignore',
    /unknown validator/,
  ],
  ['no signers', (s) => ({ ...s.consensus(s.other), signatures: [], operators: [] }), 'reject', /no-signers/],
  [
    'a signer outside the committee',
    (s) => ({ ...s.consensus(s.other), operators: [9 as OperatorId] }),
    'reject',
    /signer-not-in-committee/,
  ],
  [
    'a signature of the wrong length',
    (s) => ({ ...s.consensus(s.other), signatures: [new Uint8Array(255)] }),
    'reject',
    /signature-length/,
  ],
  [
    'our own operator id',
    (s) => ({ ...s.consensus(s.other), operators: [1 as OperatorId] }),
    'ignore',
    /our own/,
  ],
  [
    'a forged signature on a consensus message',
    (s) => corrupt(s.consensus(s.other)),
    'reject',
    /bad-operator-signature/,
  ],
  [
    "another operator's name on one's own signature",
    (s) => ({
      ...s.consensus(s.other),
      operators: [s.leader === 4 ? (3 as OperatorId) : (4 as OperatorId)].filter((id) => id !== s.other),
    }),
    'reject',
    /./,
  ],
  [
    'a consensus message that does not decode',
    (s) => s.sign(s.other, s.consensus(s.other).message.id, 'consensus', new Uint8Array(10)),
    'reject',
    /unmarshal/,
  ],
  ['a slot far ahead', (s) => s.consensus(s.other, { height: s.slot + 10 }), 'ignore', /too-early/],
  ['a slot long past', (s) => s.consensus(s.other, { height: s.slot - 10 }), 'ignore', /too-late/],
  ['a prepare before its proposal', (s) => s.consensus(s.other), 'accept', null],
  [
    'a round change',
    (s) => s.consensus(s.other, { type: 'round-change', round: 2, root: new Uint8Array(32) }),
    'urgent',
    null,
  ],
  ['a proposal of the leader', (s) => s.consensus(s.leader, { type: 'proposal' }, s.value), 'urgent', null],
  [
    'a proposal of someone else',
    (s) => s.consensus(s.other, { type: 'proposal' }, s.value),
    'reject',
    /does not lead/,
  ],
  [
    'a prepare whose identifier is of another duty',
    (s) => s.consensus(s.other, { identifier: dutyMessageId(s.domain, { ...s.duty, role: 'sync-message' }) }),
    'reject',
    /identifier/,
  ],
  [
    'an attestation under a validator',
    (s) =>
      s.sign(
        s.other,
        messageId(s.domain, 0, fromHex(s.validator.key)),
        'consensus',
        s.consensus(s.other).message.data,
      ),
    'reject',
    /not a duty/,
  ],
  [
    'a message of the DKG',
    (s) => s.sign(s.other, s.consensus(s.other).message.id, 'dkg', none),
    'reject',
    /message-type/,
  ],
]);

test('a single liar cannot make us sign a vote that our client did not ask for', async () => {
  const scene = setUp();
  const { cluster, slot, committee, domain, other, leader, value } = scene;
  // Everyone else decides the vote; only `other` sends a partial for the validator.
  await scene.send(scene.consensus(leader, { type: 'proposal' }, value));
  for (const id of committee.operators.filter((one) => one !== 1)) await scene.send(scene.consensus(id));
  for (const id of committee.operators.filter((one) => one !== 1))
    await scene.send(scene.consensus(id, { type: 'commit' }));
  const { roots } = requestOf(cluster.eth2, attestationOf(cluster.eth2, slot, 0));
  const partialOf = (from: OperatorId): SignedMessage =>
    scene.sign(
      from,
      partialsMessageId(domain, 'attestation', committee.id),
      'partial-signature',
      encodePartials({
        type: 0,
        slot,
        messages: [
          {
            signature: partialSignature(scene.validator.shares.get(from) as never, roots.signingRoot),
            signingRoot: fromHex(roots.signingRoot),
            signer: from,
            validatorIndex: scene.validator.number,
          },
        ],
      }),
    );
  await scene.send(partialOf(other));
  await cluster.clock.runUntil(cluster.clock.now() + 200);
  assert.equal(scene.listener.signer.signed.length, 0, 'one partial is one voice');
  const third = committee.operators.find((id) => id !== 1 && id !== other) as OperatorId;
  const bad = partialOf(third);
  await scene.send(bad);
  await cluster.clock.runUntil(cluster.clock.now() + 200);
  assert.deepEqual(
    scene.listener.signer.signed.map(({ root }) => root as Root),
    [roots.signingRoot],
    'f + 1 partials hold an honest one',
  );
});
