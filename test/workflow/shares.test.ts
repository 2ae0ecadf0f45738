/**
 * Our own share: nothing is signed that was not recorded, and what failed may be asked again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { slotStartMs } from '../../src/core/eth2/slots.ts';
import type { OperatorId, ShareKey, Slot } from '../../src/core/ids.ts';
import type { Validator } from '../../src/core/registry/committee.ts';
import { openGate, type SigningGate } from '../../src/workflow/history/gate.ts';
import { createPartials } from '../../src/workflow/partials.ts';
import { SignerFailed, type SlashingProtection } from '../../src/workflow/ports.ts';
import type { ReportEvent } from '../../src/workflow/report.ts';
import { createShares } from '../../src/workflow/shares.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { createFakeSigner, fakeCombiner } from '../fakes/signing.ts';
import { createModelSlashing } from '../fakes/slashing.ts';
import { createRegistry, simNetworkOf } from '../simulation/world/cluster.ts';
import { attestationOf, randaoOf, requestOf } from '../simulation/world/requests.ts';

const network = simNetworkOf(true);
const slot = 800 as Slot;
const endMs = slotStartMs(network, (slot + 4) as Slot);
const self = 1 as OperatorId;

const setUp = (options: { readonly slashing?: SlashingProtection; readonly gate?: SigningGate } = {}) => {
  const registry = createRegistry(4, 2);
  const [validator, other] = [...registry.validators.values()] as [Validator, Validator];
  const clock = createVirtualClock(slotStartMs(network, slot));
  const events: ReportEvent[] = [];
  const report = (event: ReportEvent): void => void events.push(event);
  const signer = createFakeSigner([validator, other].map(({ shares }) => shares.get(self) as ShareKey));
  const sent: number[] = [];
  let expected = 0;
  const recorder = { partial: () => {}, combined: () => {} };
  const shares = createShares({
    network,
    self,
    clock,
    signer,
    report,
    slashing: options.slashing ?? createModelSlashing(),
    gate: options.gate ?? openGate,
    partials: createPartials({ network, clock, registry, recorder, report, combiner: fakeCombiner }),
    outbox: {
      expectPartial: () => {
        expected += 1;
        return () => {
          expected -= 1;
        };
      },
      sendPartial: (...[, , , , , attempt]) => void sent.push(attempt),
      sendHint: () => assert.fail('a share is no hint'),
      say: () => assert.fail('a share is no word'),
    },
  });
  const sign = async (signable: Signable, of = validator) => {
    const outcome = shares.sign(of, signable, requestOf(network, signable).roots, slot, endMs);
    await clock.runUntil(clock.now() + 20);
    const result = await outcome;
    assert.equal(expected, 0, 'whatever came of it, no other partial signature waits for it any more');
    return result;
  };
  return { clock, signer, sent, events, validator, other, sign };
};
const vote = (view: number): Signable => attestationOf(network, slot, view);

test('of two votes for one target the second is refused, and never signed', async () => {
  const { signer, sent, events, sign } = setUp();
  assert.equal(await sign(vote(0)), null);
  assert.equal((await sign(vote(1)))?.type, 'slashable');
  assert.equal(signer.signed.length, 1);
  assert.deepEqual(sent, [0]);
  assert.equal(events.filter(({ type }) => type === 'recorded').length, 1);
});

test('votes that come at once are judged one after the other', async () => {
  const { signer, sign } = setUp();
  const outcomes = await Promise.all([sign(vote(0)), sign(vote(1))]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome?.type ?? 'signed'),
    ['signed', 'slashable'],
  );
  assert.equal(signer.signed.length, 1);
});

test('one root is signed once, however often it is asked', async () => {
  const { signer, sign } = setUp();
  await Promise.all([sign(vote(0)), sign(vote(0))]);
  await sign(vote(0));
  assert.equal(signer.signed.length, 1);
});

test('each validator of a slot is signed for once, whoever comes between', async () => {
  const { signer, other, sign } = setUp();
  await sign(vote(0));
  await sign(vote(0), other);
  await sign(vote(0));
  assert.equal(signer.signed.length, 2);
});

const brokenRecords: readonly (readonly [string, SlashingProtection['record']])[] = [
  [
    'cannot be written',
    () => {
      throw new Error('the disk is full');
    },
  ],
  ['gives no verdict', () => []],
];
for (const [name, broken] of brokenRecords) {
  test(`where slashing protection ${name} nothing is signed, and the next time it may be`, async () => {
    const slashing = { ...createModelSlashing() };
    const { record } = slashing;
    slashing.record = broken;
    const { signer, sign } = setUp({ slashing });
    assert.equal((await sign(vote(0)))?.type, 'not-ready');
    assert.equal(signer.signed.length, 0);
    slashing.record = record;
    assert.equal(await sign(vote(0)), null);
    assert.equal(signer.signed.length, 1);
  });
}

test('while the gate is closed nothing is recorded or signed', async () => {
  const slashing = createModelSlashing();
  const record: SlashingProtection['record'] = () => assert.fail('nothing may be recorded');
  const gate: SigningGate = { permit: async () => 'closed' };
  const { signer, sign } = setUp({ slashing: { ...slashing, record }, gate });
  assert.deepEqual(await sign(vote(0)), { type: 'not-ready', detail: 'closed' });
  assert.equal(signer.signed.length, 0);
});

test('a share signer that failed is asked again at the next request', async () => {
  const { signer, sign } = setUp();
  signer.failure = new SignerFailed('unavailable', 'it is gone');
  assert.equal((await sign(vote(0)))?.type, 'signer-failed');
  signer.failure = null;
  assert.equal(await sign(vote(0)), null);
  assert.equal(signer.signed.length, 1);
});

test('a share signer that does not answer is given up', async () => {
  const { clock, signer, validator, sign } = setUp();
  signer.sign = (_, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const outcome = sign(randaoOf(network, slot), validator);
  await clock.runUntil(clock.now() + 4000);
  assert.equal((await outcome)?.type, 'signer-failed');
});

test('a validator in which this operator has no share is not signed for, nor recorded', async () => {
  const record: SlashingProtection['record'] = () => assert.fail('nothing may be recorded');
  const { validator, sign } = setUp({ slashing: { ...createModelSlashing(), record } });
  const others = new Map([...validator.shares].filter(([id]) => id !== self));
  const outcome = await sign(vote(0), { ...validator, shares: others });
  assert.equal(outcome?.type, 'signer-failed');
});
