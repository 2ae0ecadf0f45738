/**
 * What a stranger or a lying operator can send, one row a guard: the verdict that gossip is told, and why.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import { fromHex } from '../../src/core/bytes.ts';
import type { DutyKey } from '../../src/core/duty/duty.ts';
import { type DecidedSignable, proposedValue } from '../../src/core/duty/value.ts';
import { slotAt } from '../../src/core/eth2/slots.ts';
import type { OperatorId, Root, Slot } from '../../src/core/ids.ts';
import { leaderOf } from '../../src/core/qbft/quorum.ts';
import { encodeHint } from '../../src/core/wire/hint.ts';
import { domainOf, dutyMessageId, messageId, partialsMessageId } from '../../src/core/wire/message-id.ts';
import { encodePartials } from '../../src/core/wire/partial.ts';
import { encodeQbftMessage, type QbftMessage } from '../../src/core/wire/qbft-message.ts';
import { encodeSigned, encodeSsvMessage, type SignedMessage } from '../../src/core/wire/signed.ts';
import { registrationPayload } from '../../src/workflow/exchange.ts';
import type { ReportEvent } from '../../src/workflow/report.ts';
import { createRandom } from '../fakes/random.ts';
import { operatorSignature, partialSignature } from '../fakes/signing.ts';
import { createCluster, type Member } from '../simulation/world/cluster.ts';
import { attestationOf, randaoOf, requestOf } from '../simulation/world/requests.ts';

const none: Uint8Array = new Uint8Array(0);

/** Operator 1 listens; the others are played by the test. */
const setUp = () => {
  const cluster = createCluster({ n: 4, validators: 2, random: createRandom(1) });
  const [listener] = cluster.members as [Member];
  cluster.start(listener);
  cluster.network.setWeather({ delayMs: 0, jitterMs: 0, loss: 0, duplicate: 0 });
  const events: ReportEvent[] = [];
  cluster.watch((_, event) => events.push(event));
  const slot = slotAt(cluster.eth2, cluster.clock.now());
  const [committee] = [...cluster.registry.committees.values()];
  const validators = [...cluster.registry.validators.values()];
  const [validator] = validators;
  if (committee === undefined || validator === undefined) throw new Error('an empty registry');
  const domain = domainOf(cluster.eth2.genesisValidatorsRoot, cluster.eth2.genesisForkVersion);
  const duty: DutyKey = {
    committee: committee.id,
    role: 'attestation',
    slot,
    validator: null,
    subcommittee: 0,
  };
  const value = proposedValue(attestationOf(cluster.eth2, slot, 0) as DecidedSignable);
  const leader = leaderOf(committee.operators, slot, 1);
  const other = committee.operators.find((id) => id !== leader && id !== 1) as OperatorId;

  const sign = (
    from: OperatorId,
    id: Uint8Array,
    type: SignedMessage['message']['type'],
    data: Uint8Array,
    fullData = none,
  ): SignedMessage => {
    const message = { type, id, data };
    return {
      signatures: [operatorSignature(from, encodeSsvMessage(message))],
      operators: [from],
      message,
      fullData,
    };
  };
  const qbft = (change: Partial<QbftMessage> = {}): QbftMessage => ({
    type: 'prepare',
    height: slot,
    round: 1,
    identifier: dutyMessageId(domain, duty),
    root: digest(value),
    dataRound: 0,
    roundChangeJustification: [],
    prepareJustification: [],
    ...change,
  });
  const consensus = (from: OperatorId, change: Partial<QbftMessage> = {}, fullData = none): SignedMessage =>
    sign(from, dutyMessageId(domain, duty), 'consensus', encodeQbftMessage(qbft(change)), fullData);
  const randao = requestOf(cluster.eth2, randaoOf(cluster.eth2, slot)).roots.signingRoot;
  const share = validator.shares.get(other);
  const partial = (change: object = {}) => ({
    signature: partialSignature(share as never, randao),
    signingRoot: fromHex(randao),
    signer: other,
    validatorIndex: validator.number,
    ...change,
  });
  const epochSlot = (slot - (slot % 8)) as Slot;
  const partials = (
    messages = [partial()],
    more: {
      type?: number;
      slot?: number;
      role?: 'block' | 'exit';
      from?: OperatorId;
      fullData?: Uint8Array;
    } = {},
  ): SignedMessage =>
    sign(
      more.from ?? other,
      partialsMessageId(domain, more.role ?? 'block', committee.id),
      'partial-signature',
      encodePartials({ type: more.type ?? 1, slot: more.slot ?? epochSlot, messages }),
      more.fullData,
    );
  let verdict: string = 'none';
  cluster.network.onVerdict((_, given) => {
    verdict = given;
  });
  const send = async (
    message: SignedMessage | Uint8Array,
  ): Promise<{ verdict: string; why: string | null }> => {
    events.length = 0;
    verdict = 'none';
    const bytes = message instanceof Uint8Array ? message : encodeSigned(message);
    cluster.network.inject(other, 1 as OperatorId, bytes);
    await cluster.clock.runUntil(cluster.clock.now() + 1);
    const refused = events.find((event) => event.type === 'message-refused');
    return { verdict, why: refused?.why ?? null };
  };
  return {
    cluster,
    listener,
    slot,
    epochSlot,
    committee,
    validator,
    validators,
    domain,
    duty,
    value,
    leader,
    other,
    sign,
    consensus,
    partial,
    partials,
    send,
    randao,
    events,
  };
};
type Scene = ReturnType<typeof setUp>;

const corrupt = (signed: SignedMessage): SignedMessage => {
  const signature = (signed.signatures[0] as Uint8Array).slice();
  signature[9] = (signature[9] ?? 0) ^ 1;
  return { ...signed, signatures: [signature] };
};

const rows: readonly [
  string,
  (scene: Scene) => SignedMessage | Uint8Array,
  'accept' | 'ignore' | 'reject',
  RegExp | null,
][] = [
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
  ['a forged signature on partials', (s) => corrupt(s.partials()), 'reject', /bad-operator-signature/],
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
  ['a proposal of the leader', (s) => s.consensus(s.leader, { type: 'proposal' }, s.value), 'accept', null],
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
    'partials with full data',
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
  [
    'a message of the DKG',
    (s) => s.sign(s.other, s.consensus(s.other).message.id, 'dkg', none),
    'reject',
    /message-type/,
  ],
];

for (const [name, make, verdict, why] of rows) {
  test(`${name}: ${verdict}`, async () => {
    const scene = setUp();
    const result = await scene.send(make(scene));
    assert.equal(result.verdict, verdict, JSON.stringify(result));
    if (why !== null) assert.match(result.why ?? '', why);
  });
}

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
