/**
 * Roots that need no agreement: what peers may have us sign, and how much of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExchangedRole } from '../../src/core/duty/duty.ts';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { slotStartMs } from '../../src/core/eth2/slots.ts';
import type { Epoch, OperatorId, Root, Slot, ValidatorKey } from '../../src/core/ids.ts';
import type { Validator } from '../../src/core/registry/committee.ts';
import { createExchange, parseRegistration, registrationPayload } from '../../src/workflow/exchange.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { createRegistry, simNetworkOf } from '../simulation/world/cluster.ts';

const network = simNetworkOf(true);
const registry = createRegistry(4, 2);
const [validator, other] = [...registry.validators.values()] as [Validator, Validator];
const slot = 800 as Slot;
const operator = (id: number): OperatorId => id as OperatorId;
const recipient = (byte: number): string => `0x${byte.toString(16).repeat(20)}`;

const setUp = () => {
  const clock = createVirtualClock(slotStartMs(network, slot));
  const signed: { readonly key: ValidatorKey; readonly signable: Signable }[] = [];
  const exchange = createExchange({
    network,
    clock,
    shares: {
      sign: async ({ key }, signable) => {
        signed.push({ key, signable });
        return null;
      },
      remind: () => {},
      answer: () => false,
    },
  });
  const registration = (change: Partial<Extract<Signable, { readonly type: 'registration' }>> = {}) => ({
    type: 'registration' as const,
    feeRecipient: recipient(0x11),
    gasLimit: 30_000_000n,
    timestamp: Math.floor(clock.now() / 1000),
    validator: validator.key,
    ...change,
  });
  const hear = (from: number, change = {}, of = validator) =>
    exchange.answerRegistration(operator(from), slot, of, registrationPayload(registration(change)));
  return { clock, signed, exchange, registration, hear };
};

const rootOf = (signable: Signable): Root => rootsOf(network, signable).signingRoot;

const derived: readonly (readonly [ExchangedRole, Slot, Signable])[] = [
  ['randao', slot, { type: 'randao', epoch: (slot / 8) as Epoch }],
  ['selection-proof', slot, { type: 'selection-proof', slot }],
  ['sync-selection-proof', slot, { type: 'sync-selection-proof', slot, subcommittee: 3 }],
];
for (const [kind, at, signable] of derived) {
  test(`${kind}: the root that we derive is signed for a peer, any other is not`, () => {
    const { signed, exchange } = setUp();
    const wrong = `0x${'77'.repeat(32)}` as Root;
    assert.equal(exchange.isKnown(kind, at, wrong), false);
    exchange.answer(operator(2), kind, at, validator, wrong);
    assert.deepEqual(signed, []);
    assert.equal(exchange.isKnown(kind, at, rootOf(signable)), true);
    exchange.answer(operator(2), kind, at, validator, rootOf(signable));
    assert.deepEqual(signed, [{ key: validator.key, signable }]);
  });
}

test('an exit is never signed for a peer', () => {
  const { signed, exchange } = setUp();
  const exit: Signable = { type: 'exit', epoch: (slot / 8) as Epoch, validatorIndex: 1 };
  exchange.answer(operator(2), 'exit', slot, validator, rootOf(exit));
  assert.deepEqual(signed, []);
});

type ProofKind = 'selection-proof' | 'sync-selection-proof';
const proofOf = (kind: ProofKind, at: number, subcommittee: number): Signable =>
  kind === 'selection-proof'
    ? { type: kind, slot: at as Slot }
    : { type: kind, slot: at as Slot, subcommittee };

for (const [kind, perSlot, budget] of [['selection-proof', 1, 4]] as const) {
  test(`${kind}: one operator has us sign ${budget} in an epoch for a validator, and the others have their own`, async () => {
    const { clock, signed, exchange } = setUp();
    /** Every proof from this slot to the end of its epoch. */
    const askAll = (from: number, of: Validator, first: number): number => {
      const before = signed.length;
      const end = (Math.floor(first / network.slotsPerEpoch) + 1) * network.slotsPerEpoch;
      for (let at = first; at < end; at++)
        for (let subcommittee = 0; subcommittee < perSlot; subcommittee++) {
          const root = rootOf(proofOf(kind, at, subcommittee));
          exchange.answer(operator(from), kind, at as Slot, of, root);
        }
      return signed.length - before;
    };
    assert.equal(askAll(2, validator, slot), budget);
    assert.equal(askAll(2, validator, slot), budget, 'asking again grants the same, and no more');
    assert.equal(askAll(3, validator, slot + 4), budget, 'another operator');
    assert.equal(askAll(2, other, slot + 4), budget, 'another validator');
    assert.equal(askAll(2, validator, slot + 8), budget, 'another epoch');
    await clock.runUntil(slotStartMs(network, (slot + 8) as Slot));
    assert.equal(askAll(2, validator, slot), budget, 'the same ones, as long as the proofs can be asked');
  });
}

test('what repeats costs nothing of a budget', () => {
  const { signed, exchange } = setUp();
  const root = rootOf(proofOf('selection-proof', slot, 0));
  for (let time = 0; time < 20; time++)
    exchange.answer(operator(2), 'selection-proof', slot, validator, root);
  assert.equal(signed.length, 20, 'shares.ts signs one root once');
  const next = (slot + 1) as Slot;
  exchange.answer(
    operator(2),
    'selection-proof',
    next,
    validator,
    rootOf(proofOf('selection-proof', next, 0)),
  );
  assert.equal(signed.length, 21);
});

test('a registration survives its payload; what is none does not parse', () => {
  const { registration } = setUp();
  const payload = registrationPayload(registration());
  assert.deepEqual(parseRegistration(payload), registration());
  assert.equal(parseRegistration(payload.subarray(1)), null);
  assert.equal(parseRegistration(new Uint8Array(85)), null);
  assert.equal(parseRegistration(payload.with(35, 0xff)), null, 'a time beyond any clock');
});

test("a peer's registration waits for our own client's choice, and is signed where it is the same", () => {
  const { signed, exchange, registration, hear } = setUp();
  const early = Math.floor(registration().timestamp) - 5;
  assert.equal(hear(2, { timestamp: early }), null);
  assert.equal(hear(2, { feeRecipient: recipient(0x66) }), null);
  assert.equal(hear(2, { gasLimit: 1n }), null);
  assert.deepEqual(signed, []);
  exchange.noteOwn(validator, registration());
  assert.deepEqual(
    signed.map(({ signable }) => signable),
    [registration({ timestamp: early })],
  );
  exchange.noteOwn(validator, registration());
  assert.equal(signed.length, 1, 'what waited is looked at once');
});

test('after our own client chose, the same choice is signed at once and another one is not', () => {
  const { signed, exchange, registration, hear } = setUp();
  exchange.noteOwn(validator, registration());
  hear(2, { timestamp: registration().timestamp - 5 });
  assert.equal(signed.length, 1);
  hear(2, { feeRecipient: recipient(0x66) });
  hear(3, { gasLimit: 1n });
  hear(2, { validator: other.key }, other);
  assert.equal(signed.length, 1, "a choice is one validator's");
});

test('what the cluster file fixes needs no client of ours, and nothing else is signed', () => {
  const { signed, registration, hear } = setUp();
  const fixed: Validator = {
    ...validator,
    policy: { feeRecipient: recipient(0x11), gasLimit: 30_000_000n },
  };
  assert.equal(hear(2, {}, fixed), null);
  assert.deepEqual(signed, [{ key: validator.key, signable: registration() }]);
  assert.match(hear(2, { feeRecipient: recipient(0x66) }, fixed) ?? '', /fee recipient/);
  assert.match(hear(2, { gasLimit: 1n }, fixed) ?? '', /gas limit/);
  assert.match(hear(2, { validator: other.key }, fixed) ?? '', /another public key/);
  assert.equal(signed.length, 1);
});

test('where one of the two is fixed our client still chooses the other', () => {
  const { signed, hear } = setUp();
  const { policy } = validator;
  hear(2, {}, { ...validator, policy: { ...policy, feeRecipient: recipient(0x11) } });
  hear(2, {}, { ...validator, policy: { ...policy, gasLimit: 30_000_000n } });
  assert.deepEqual(signed, []);
});

test('one operator may send eight registrations of a validator while they are kept, and then eight again', async () => {
  const { clock, signed, exchange, registration, hear } = setUp();
  exchange.noteOwn(validator, registration());
  const hearMany = (from: number): void => {
    for (let at = 0; at < 20; at++) hear(from, { timestamp: registration().timestamp - at });
  };
  hearMany(2);
  assert.equal(signed.length, 8);
  assert.match(hear(2) ?? '', /too many/);
  hearMany(3);
  assert.equal(signed.length, 16);
  await clock.runUntil(slotStartMs(network, (slot + 16) as Slot));
  hearMany(2);
  assert.equal(signed.length, 24);
});

test('registrations that wait are bounded for a validator, and dropped with the counts', async () => {
  const { clock, signed, exchange, registration, hear } = setUp();
  for (let from = 1; from <= 9; from++)
    for (let at = 0; at < 8; at++) hear(from, { timestamp: registration().timestamp - at });
  exchange.noteOwn(validator, registration());
  assert.equal(signed.length, 8 * validator.shares.size);
  hear(2, { validator: other.key }, other);
  await clock.runUntil(slotStartMs(network, (slot + 16) as Slot));
  exchange.noteOwn(other, registration({ validator: other.key }));
  assert.equal(signed.length, 8 * validator.shares.size);
});
