/**
 * Our voice in one consensus: in order, and silent where it could contradict itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitteeId, Slot } from '../../src/core/ids.ts';
import { isWireError } from '../../src/core/wire/errors.ts';
import { decodeQbftMessage, type QbftMessage } from '../../src/core/wire/qbft-message.ts';
import type { SignedMessage } from '../../src/core/wire/signed.ts';
import type { Joined } from '../../src/workflow/join-instances.ts';
import type { ReportEvent } from '../../src/workflow/report.ts';
import { createSpeech } from '../../src/workflow/speech.ts';

const none: Uint8Array = new Uint8Array(0);
const identifier = new Uint8Array(56);
const word = (round: number): QbftMessage => ({
  type: 'prepare',
  height: 800,
  round,
  identifier,
  root: new Uint8Array(32),
  dataRound: 0,
  roundChangeJustification: [],
  prepareJustification: [],
});
const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Joining and signing take as long as the test says. */
const setUp = () => {
  const said: number[] = [];
  const heard: SignedMessage[] = [];
  const events: ReportEvent[] = [];
  const joining = Promise.withResolvers<Joined>();
  const signing: (() => void)[] = [];
  const speech = createSpeech(
    {
      join: () => joining.promise,
      report: (event) => void events.push(event),
      outbox: {
        sendHint: () => assert.fail('not a word'),
        sendPartial: () => assert.fail('not a word'),
        expectPartial: () => assert.fail('not a word'),
        say: async (_, message, fullData) => {
          await new Promise<void>((done) => signing.push(done));
          const decoded = decodeQbftMessage(message.data);
          assert.ok(!isWireError(decoded));
          said.push(decoded.round);
          return { signatures: [], operators: [], message, fullData };
        },
      },
    },
    {
      committee: '0xc0' as CommitteeId,
      role: 'attestation',
      slot: 800 as Slot,
      validator: null,
      subcommittee: 0,
    },
    identifier,
    (signed) => heard.push(signed),
  );
  const finishSigning = async (): Promise<void> => {
    signing.shift()?.();
    await settle();
  };
  return { speech, said, heard, events, joining, signing, finishSigning };
};

test('nothing is said before the journal has it', async () => {
  const { speech, signing, joining } = setUp();
  speech.say(word(1), none);
  await settle();
  assert.equal(signing.length, 0);
  assert.equal(speech.isHeard(), false);
  joining.resolve('fresh');
  await settle();
  assert.equal(signing.length, 1);
  assert.equal(speech.isHeard(), true);
});

test('words are signed and said one after the other', async () => {
  const { speech, said, heard, signing, joining, finishSigning } = setUp();
  joining.resolve('fresh');
  for (const round of [1, 2, 3]) speech.say(word(round), none);
  await settle();
  assert.equal(signing.length, 1, 'one at a time');
  for (let at = 0; at < 3; at++) await finishSigning();
  assert.deepEqual(said, [1, 2, 3]);
  assert.equal(heard.length, 3);
});

test('an operator that spoke before a restart says nothing, and tells so once', async () => {
  const { speech, signing, events, joining } = setUp();
  joining.resolve('spoken');
  for (const round of [1, 2]) {
    speech.say(word(round), none);
    await settle();
  }
  assert.equal(signing.length, 0);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['abstained'],
  );
});

test('where the journal cannot be written nothing is said', async () => {
  const { speech, signing, events, joining } = setUp();
  joining.reject(new Error('the disk is full'));
  speech.say(word(1), none);
  await settle();
  assert.equal(signing.length, 0);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['fault'],
  );
});

test('after the stop nothing that waits is said, and what was said is not heard', async () => {
  const early = setUp();
  early.speech.say(word(1), none);
  early.speech.stop();
  early.joining.resolve('fresh');
  await settle();
  assert.equal(early.signing.length, 0);
  const late = setUp();
  late.joining.resolve('fresh');
  late.speech.say(word(1), none);
  await settle();
  late.speech.stop();
  await late.finishSigning();
  assert.deepEqual(late.heard, []);
});
