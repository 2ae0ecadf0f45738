/**
 * Windows and policies, by tables.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecidedRole, ExchangedRole } from '../../../src/core/duty/duty.ts';
import { judgePolicy } from '../../../src/core/duty/policy.ts';
import {
  clockToleranceMs,
  dutyEndMs,
  exchangeEndMs,
  judgeDecidedWindow,
  judgeExchangedWindow,
  wireSlotOf,
} from '../../../src/core/duty/window.ts';
import type { Signable } from '../../../src/core/eth2/signable.ts';
import { slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { Epoch, Root, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { simNetworkOf } from '../../simulation/world/cluster.ts';

const network = simNetworkOf(true);
const at = (slot: number, offsetMs = 0): number => slotStartMs(network, slot as Slot) + offsetMs;

const decided: readonly [DecidedRole, number][] = [
  ['attestation', 4],
  ['block', 2],
  ['sync-message', 2],
  ['aggregate', 2],
  ['contribution', 2],
];
for (const [role, slots] of decided) {
  test(`${role}: open from its slot, for ${slots} slots, with the tolerance of clocks`, () => {
    const slot = 800 as Slot;
    const judge = (nowMs: number) => judgeDecidedWindow(network, role, slot, nowMs).type;
    assert.equal(judge(at(800, -clockToleranceMs - 1)), 'too-early');
    assert.equal(judge(at(800, -clockToleranceMs)), 'open');
    assert.equal(judge(at(800 + slots, clockToleranceMs)), 'open');
    assert.equal(judge(at(800 + slots, clockToleranceMs + 1)), 'too-late');
    assert.equal(dutyEndMs(network, role, slot), at(800 + slots));
  });
}

/** First and last moment at which it may be asked, by the slot in the message: 800 is the first of epoch 100. */
const exchanged: readonly [ExchangedRole, number, number][] = [
  ['randao', 798, 808],
  ['selection-proof', 784, 809],
  ['sync-selection-proof', 784, 809],
  ['registration', 800, 816],
  ['exit', 800, 816],
  ['deposit', 800, 816],
];
for (const [role, from, until] of exchanged) {
  test(`${role}: open from slot ${from} until slot ${until} for a message of slot 800`, () => {
    const judge = (nowMs: number) => judgeExchangedWindow(network, role, 800 as Slot, nowMs).type;
    assert.equal(judge(at(from, -clockToleranceMs - 1)), 'too-early');
    assert.equal(judge(at(from)), 'open');
    assert.equal(judge(at(until)), 'open');
    assert.equal(judge(at(until, clockToleranceMs + 1)), 'too-late');
    assert.ok(
      exchangeEndMs(network, role, 800 as Slot) >= at(until),
      'kept at least as long as it may be asked',
    );
  });
}

test('what belongs to no slot travels under the running one, a randao under the first of its epoch', () => {
  const current = 805 as Slot;
  assert.equal(wireSlotOf(network, { type: 'randao', epoch: 101 as Epoch }, current), 808);
  assert.equal(wireSlotOf(network, { type: 'selection-proof', slot: 820 as Slot }, current), 820);
  assert.equal(wireSlotOf(network, { type: 'exit', epoch: 3 as Epoch, validatorIndex: 1 }, current), 805);
});

const validator = `0x${'aa'.repeat(48)}` as ValidatorKey;
const other = `0x${'bb'.repeat(48)}` as ValidatorKey;
const nowMs = 1_800_000_000_000;
const registration = (change: object = {}): Signable =>
  ({
    type: 'registration',
    feeRecipient: `0x${'11'.repeat(20)}`,
    gasLimit: 30_000_000n,
    timestamp: nowMs / 1000,
    validator,
    ...change,
  }) as Signable;
const deposit = (change: object = {}): Signable =>
  ({
    type: 'deposit',
    validator,
    withdrawalCredentials: `0x${'00'.repeat(32)}` as Root,
    amountGwei: 32n,
    genesisForkVersion: network.genesisForkVersion,
    ...change,
  }) as Signable;
const open = { feeRecipient: null, gasLimit: null };
const pinned = { feeRecipient: `0x${'11'.repeat(20)}`, gasLimit: 30_000_000n };

const policies: readonly [string, Signable, typeof open | typeof pinned, RegExp | null][] = [
  ['a registration as configured', registration(), pinned, null],
  [
    'any registration where nothing is configured',
    registration({ feeRecipient: `0x${'22'.repeat(20)}`, gasLimit: 1n }),
    open,
    null,
  ],
  ['another fee recipient', registration({ feeRecipient: `0x${'22'.repeat(20)}` }), pinned, /fee recipient/],
  ['another gas limit', registration({ gasLimit: 1n }), pinned, /gas limit/],
  ['a registration of another validator', registration({ validator: other }), open, /another public key/],
  ['a timestamp a minute ahead', registration({ timestamp: nowMs / 1000 + 60 }), open, null],
  ['a timestamp further ahead', registration({ timestamp: nowMs / 1000 + 61 }), open, /ahead/],
  ['a timestamp of yesterday', registration({ timestamp: nowMs / 1000 - 24 * 3600 }), open, null],
  ['an older timestamp', registration({ timestamp: nowMs / 1000 - 24 * 3600 - 1 }), open, /old/],
  ['a deposit of this network', deposit(), pinned, null],
  ['a deposit of another validator', deposit({ validator: other }), open, /another public key/],
  [
    'a deposit for another network',
    deposit({ genesisForkVersion: '0x99999999' }),
    open,
    /genesis fork version/,
  ],
  ['an exit', { type: 'exit', epoch: 1 as Epoch, validatorIndex: 1 }, pinned, null],
];
for (const [name, signable, policy, refusal] of policies) {
  test(`policy: ${name}`, () => {
    const verdict = judgePolicy(network, validator, policy, signable, nowMs);
    if (refusal === null) assert.equal(verdict.type, 'allowed', JSON.stringify(verdict));
    else {
      assert.equal(verdict.type, 'refused');
      if (verdict.type === 'refused') assert.match(verdict.why, refusal);
    }
  });
}
