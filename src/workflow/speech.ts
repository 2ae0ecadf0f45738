/**
 * Our voice in one consensus: journaled before the first word, signed and published in order, heard by ourselves too.
 */
import { type DutyKey, dutyName } from '../core/duty/duty.ts';
import { encodeQbftMessage, type QbftMessage } from '../core/wire/qbft-message.ts';
import type { SignedMessage } from '../core/wire/signed.ts';
import type { Joined, JoinInstance } from './join-instances.ts';
import type { Outbox } from './outbox.ts';
import type { Report } from './report.ts';

export interface Speech {
  /** Says nothing where this operator spoke in the duty before a restart: it could contradict itself. */
  say(message: QbftMessage, fullData: Uint8Array): void;
  /** True once something of ours has been or will be said. */
  isHeard(): boolean;
  stop(): void;
}

export interface SpeechPorts {
  readonly join: JoinInstance;
  readonly outbox: Outbox;
  readonly report: Report;
}

/** `onSaid` gets each of our messages as it was published. */
export const createSpeech = (
  { join, outbox, report }: SpeechPorts,
  duty: DutyKey,
  identifier: Uint8Array,
  onSaid: (signed: SignedMessage) => void,
): Speech => {
  let state: 'untried' | Joined = 'untried';
  let speaking: Promise<void> = Promise.resolve();
  let stopped = false;

  /** Durable before the first word, so that a restarted node cannot contradict itself. */
  const joinOrSilence = async (): Promise<Joined> => {
    try {
      const joined = await join(duty);
      if (joined === 'spoken') {
        report({
          type: 'abstained',
          duty: dutyName(duty),
          why: 'this operator spoke in it before a restart',
        });
      }
      return joined;
    } catch (cause) {
      report({ type: 'fault', where: 'write the journal of consensus', why: String(cause) });
      return 'spoken';
    }
  };
  const speak = async (message: QbftMessage, fullData: Uint8Array): Promise<void> => {
    if (state === 'untried') state = await joinOrSilence();
    if (state === 'spoken' || stopped) return;
    if (message.type === 'proposal') report({ type: 'proposed', duty: dutyName(duty), round: message.round });
    const ssv = { type: 'consensus', id: identifier, data: encodeQbftMessage(message) } as const;
    const signed = await outbox.say(duty.committee, ssv, fullData);
    if (!stopped) onSaid(signed);
  };
  return {
    say: (message, fullData) => {
      if (state === 'spoken') return;
      speaking = speaking
        .then(() => speak(message, fullData))
        .catch((cause) =>
          report({ type: 'fault', where: 'sign and publish a consensus message', why: String(cause) }),
        );
    },
    isHeard: () => state === 'fresh',
    stop: () => {
      stopped = true;
    },
  };
};
