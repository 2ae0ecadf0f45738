/**
 * What is remembered of a vote: certificate and proofs, whatever order they come in, and nothing that one liar makes up.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotStartMs } from '../../../src/core/eth2/slots.ts';
import { messageOf } from '../../../src/core/history/certificate.ts';
import type { Entry } from '../../../src/core/history/entry.ts';
import { rootUnder } from '../../../src/core/history/fold.ts';
import type { OperatorId, Root } from '../../../src/core/ids.ts';
import type { Validator } from '../../../src/core/registry/committee.ts';
import { createRecorder } from '../../../src/workflow/history/recorder.ts';
import type { ReportEvent } from '../../../src/workflow/report.ts';
import {
  blockAt,
  domain,
  keyAt,
  network,
  registry,
  rootNamed,
  slotOf,
  validators,
  voteAt,
} from '../../core/history/sample.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import { createWriteOnlyLog } from '../../fakes/decided-log.ts';

const vote = voteAt(805);
const root = rootUnder(network, vote, 0) as Root;
const [first, second] = validators as [Validator, Validator];
const bytes = (byte: number): Uint8Array => new Uint8Array(96).fill(byte);
const by = (operator: number): OperatorId => operator as OperatorId;

const setUp = (store?: () => void) => {
  const clock = createVirtualClock(slotStartMs(network, slotOf(805)) + 4000);
  const stored: Entry[] = [];
  const events: ReportEvent[] = [];
  const recorder = createRecorder({
    network,
    domain,
    registry,
    clock,
    keys: { self: by(4) },
    log: createWriteOnlyLog((entries) => {
      store?.();
      stored.push(...entries);
    }),
    report: (event) => void events.push(event),
  });
  const partial = (validator: Validator, operator: number, signed = root): void =>
    recorder.partial('attestation', slotOf(805), validator, signed, by(operator), bytes(operator));
  const claims = (validator: Validator): readonly (readonly [number, number])[] =>
    stored.flatMap(({ proofs }) =>
      proofs
        .filter((proof) => proof.validator === validator.key)
        .flatMap((proof) =>
          proof.claims.map(({ by: operator, signature }) => [operator, signature[0] ?? 0] as const),
        ),
    );
  return {
    clock,
    recorder,
    stored,
    events,
    partial,
    claims,
    decide: () => recorder.decided(vote.duty, messageOf(domain, vote)),
  };
};

test('partial signatures before and after the decision are kept with it', async () => {
  const { clock, stored, partial, claims, decide } = setUp();
  partial(first, 4);
  partial(first, 1);
  await clock.runUntil(clock.now() + 1000);
  assert.equal(stored.length, 0);
  decide();
  partial(first, 2);
  await clock.runUntil(clock.now() + 1000);
  assert.deepEqual(claims(first), [
    [4, 4],
    [1, 1],
    [2, 2],
  ]);
  assert.ok(
    stored.every(({ certificate }) => certificate.duty.slot === 805 && certificate.operators.length === 3),
  );
});

test('the combined signature takes the place of the partial ones', async () => {
  const { clock, recorder, partial, claims, decide } = setUp();
  decide();
  partial(first, 4);
  recorder.combined('attestation', slotOf(805), first, root, bytes(99));
  partial(first, 3);
  await clock.runUntil(clock.now() + 1000);
  assert.deepEqual(claims(first), [[0, 99]]);
});

test('what one operator alone says of a validator is not kept, what more than f say is', async () => {
  const { clock, partial, claims, decide } = setUp();
  decide();
  partial(second, 1);
  await clock.runUntil(clock.now() + 1000);
  assert.deepEqual(claims(second), []);
  partial(second, 2);
  await clock.runUntil(clock.now() + 1000);
  assert.deepEqual(claims(second), [
    [1, 1],
    [2, 2],
  ]);
});

test('signatures of another root than the decided one, and of duties that are never decided, leave nothing', async () => {
  const { clock, stored, partial, claims, decide } = setUp();
  partial(first, 4, rootNamed('other'));
  decide();
  await clock.runUntil(clock.now() + 1000);
  assert.deepEqual(claims(first), []);
  const undecided = setUp();
  undecided.partial(first, 4);
  await undecided.clock.runUntil(undecided.clock.now() + 100_000);
  assert.equal(undecided.stored.length, 0);
  assert.equal(stored.length, 1);
});

test('a block is kept as it is decided; a log that cannot be written is told and stops nothing', async () => {
  const block = blockAt(805, keyAt(1));
  const { clock, recorder, stored } = setUp();
  recorder.decided(block.duty, messageOf(domain, block));
  recorder.flush();
  assert.deepEqual(stored, [{ certificate: block, proofs: [] }]);
  await clock.runUntil(clock.now() + 1000);
  assert.equal(stored.length, 1);
  const failing = setUp(() => {
    throw new Error('disk full');
  });
  failing.decide();
  failing.recorder.flush();
  assert.equal(failing.events[0]?.type, 'fault');
});
