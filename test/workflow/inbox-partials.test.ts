/**
 * What can be sent as partial signatures, one row a guard: which are taken, kept, and followed by our own.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperatorId } from '../../src/core/ids.ts';
import { partialsMessageId } from '../../src/core/wire/message-id.ts';
import { encodePartials } from '../../src/core/wire/partial.ts';
import type { CombineJob } from '../../src/workflow/ports.ts';
import { fakeCombiner, partialSignature } from '../fakes/signing.ts';
import { randaoOf, requestOf } from '../simulation/world/requests.ts';
import { corrupt, setUp, testRows } from './inbox-scene.ts';

testRows([
  ['a forged signature on partials', (s) => corrupt(s.partials()), 'reject', /bad-operator-signature/],
  ['partials for a randao', (s) => s.partials(), 'accept', null],
  [
    'partials that do not decode',
    (s) => s.sign(s.other, s.partials().message.id, 'partial-signature', new Uint8Array(5)),
    'reject',
    /unmarshal/,
  ],
  ['no partials', (s) => s.partials([]), 'reject', /no-partials/],
  [
    "partials in another operator's name",
    (s) => s.partials([s.partial({ signer: s.leader === s.other ? 2 : s.leader })]),
    'reject',
    /partial-signer|inconsistent/,
  ],
  [
    'more partials than fit',
    (s) => s.partials(Array.from({ length: 1025 }, () => s.partial())),
    'reject',
    /too many partials/,
  ],
  [
    'partials of an unknown type',
    (s) => s.partials([s.partial()], { type: 77 }),
    'reject',
    /do not fit their role/,
  ],
  [
    'partials of a type that is not of the role',
    (s) => s.partials([s.partial()], { type: 5 }),
    'reject',
    /do not fit their role/,
  ],
  [
    'partials with full data that is no y for each',
    (s) => s.partials([s.partial()], { fullData: new Uint8Array(3) }),
    'reject',
    /do not fit their role/,
  ],
  [
    'partials of a far slot',
    (s) => s.partials([s.partial()], { slot: s.slot + 1000 }),
    'ignore',
    /too-early/,
  ],
  [
    'partials signed by two',
    (s) => ({
      ...s.partials(),
      operators: [s.other, s.leader === s.other ? (2 as OperatorId) : s.leader].sort(),
      signatures: [new Uint8Array(256), new Uint8Array(256)],
    }),
    'reject',
    /one-signer-only|our own|bad/,
  ],
]);

test('partials may come with a y for each, right or wrong', async () => {
  const scene = setUp();
  const fullData = new Uint8Array(96).fill(7);
  assert.deepEqual(await scene.send(scene.partials([scene.partial()], { fullData })), {
    verdict: 'accept',
    why: null,
  });
});

test('a y that comes with a partial goes to the combiner with it', async (t) => {
  const ys: unknown[] = [];
  const { combine } = fakeCombiner;
  t.mock.method(fakeCombiner, 'combine', (jobs: readonly CombineJob[]) => {
    ys.push(...jobs.flatMap((job) => job.partials.map(({ y }) => y?.[0])));
    return combine(jobs);
  });
  const scene = setUp();
  const { cluster, listener, validator, slot, randao } = scene;
  const request = requestOf(cluster.eth2, randaoOf(cluster.eth2, slot));
  const answer = listener.workflow?.sign(validator.key, request, new AbortController().signal);
  for (const [from, share] of [...validator.shares].slice(1, 3)) {
    const partial = scene.partial({ signer: from, signature: partialSignature(share, randao) });
    await scene.send(scene.partials([partial], { from, fullData: new Uint8Array(96).fill(from) }));
  }
  await cluster.clock.runUntil(cluster.clock.now() + 500);
  assert.equal((await answer)?.type, 'signed');
  assert.deepEqual(ys.toSorted(), [2, 3, undefined]);
});

test('a repeated message is not forwarded again, nor held against anyone', async () => {
  const scene = setUp();
  assert.equal((await scene.send(scene.partials())).verdict, 'accept');
  const again = scene.partials([scene.partial(), scene.partial()]);
  assert.deepEqual(await scene.send(again), { verdict: 'ignore', why: null });
  assert.equal(scene.cluster.network.rejected.size, 0);
});

test('a peer may send one root for a vote; another one is told, and kept out', async () => {
  const scene = setUp();
  const vote = (fill: number) =>
    scene.sign(
      scene.other,
      partialsMessageId(scene.domain, 'attestation', scene.committee.id),
      'partial-signature',
      encodePartials({
        type: 0,
        slot: scene.slot,
        messages: [scene.partial({ signingRoot: new Uint8Array(32).fill(fill) })],
      }),
    );
  assert.equal((await scene.send(vote(4))).verdict, 'accept');
  assert.equal((await scene.send(vote(5))).verdict, 'ignore');
  assert.ok(scene.events.some((event) => event.type === 'equivocation' && event.from === scene.other));
});

test('a root that is not the one we derive is not even kept', async () => {
  const scene = setUp();
  const wrong = scene.partials([scene.partial({ signingRoot: new Uint8Array(32).fill(5) })]);
  assert.equal((await scene.send(wrong)).verdict, 'ignore');
});

test('partials for validators that we do not know, or in which the sender has no share, are passed over', async () => {
  const scene = setUp();
  await scene.send(scene.partials([scene.partial({ validatorIndex: 4242 })]));
  assert.equal(scene.listener.signer.signed.length, 0);
});

test('a randao that a peer asks for is signed by us, a wrong root is not', async () => {
  const scene = setUp();
  await scene.send(scene.partials([scene.partial({ signingRoot: new Uint8Array(32).fill(5) })]));
  await scene.cluster.clock.runUntil(scene.cluster.clock.now() + 50);
  assert.equal(scene.listener.signer.signed.length, 0);
  const second = setUp();
  await second.send(second.partials());
  await second.cluster.clock.runUntil(second.cluster.clock.now() + 50);
  assert.deepEqual(
    second.listener.signer.signed.map(({ root }) => root),
    [second.randao],
  );
});
