/**
 * Asks one operator what is remembered, again and again until it has answered in full and nothing more needs to be known of it.
 */
import type { Entry } from '../../core/history/entry.ts';
import type { OperatorId } from '../../core/ids.ts';
import type { Peers } from '../ports.ts';
import { type ConversationPorts, converse, type Questions, requestsOf } from './conversation.ts';

/** An operator that is not connected, or was just connected, is tried again after this. ms */
const retryMs = 250;
/** One that failed or was busy, at most: the first times it may just be starting. One that lied. ms */
const failedRetryMsMax = 4_000;
const liedRetryMs = 60_000;
/** A conversation may take this long. ms */
const conversationMs = 60_000;

export interface AskingPorts extends ConversationPorts {
  readonly connected: Peers;
}

export interface Asking {
  /** Looked at before each conversation; null: nobody needs to know any more. */
  questions(): Questions | null;
  /** What was verified of an answer, before it is stored; the answer may still turn out not to count. */
  heard(entries: readonly Entry[]): void;
  /** An answer in full to a conversation that began then. Returns when to ask again, in Unix ms; null: never. */
  answered(beganMs: number): number | null;
}

/** Until `stop`. Never throws; what fails is reported. */
export const askOperator = (
  ports: AskingPorts,
  operator: OperatorId,
  asking: Asking,
  stop: AbortSignal,
): void => {
  const { clock, connected, log, peers, report } = ports;
  let failures = 0;
  const failedRetryMs = (): number => Math.min(failedRetryMsMax, retryMs * 2 ** Math.min(failures, 10));
  const again = (atMs: number): void => {
    clock.at(Math.max(clock.now(), atMs), ask);
  };
  const watched = {
    ...ports,
    log: {
      ...log,
      store: (entries: readonly Entry[]) => {
        asking.heard(entries);
        log.store(entries);
      },
    },
  };
  const talk = async (questions: Questions, signal: AbortSignal): Promise<void> => {
    const beganMs = clock.now();
    const answer = await converse(watched, operator, requestsOf(questions), signal);
    if (stop.aborted) return;
    if (answer.type === 'lie') peers.blame(operator, answer.why);
    report({
      type: 'history-answer',
      from: operator,
      outcome: answer.type,
      entries: answer.type === 'answered' ? answer.entries : 0,
      why: answer.type === 'answered' ? '' : answer.why,
    });
    if (answer.type === 'answered') {
      const nextMs = asking.answered(beganMs);
      if (nextMs !== null) again(nextMs);
      return;
    }
    failures += 1;
    again(clock.now() + (answer.type === 'lie' ? liedRetryMs : failedRetryMs()));
  };
  const ask = (): void => {
    const questions = stop.aborted ? null : asking.questions();
    if (questions === null) return;
    if (!connected.isConnected(operator)) {
      again(clock.now() + retryMs);
      return;
    }
    const timeout = new AbortController();
    const cancel = clock.at(clock.now() + conversationMs, () => timeout.abort(new Error('too slow')));
    talk(questions, AbortSignal.any([stop, timeout.signal]))
      .catch((cause) => {
        report({ type: 'fault', where: 'catch up on decided history', why: String(cause) });
        failures += 1;
        again(clock.now() + failedRetryMs());
      })
      .finally(cancel);
  };
  ask();
};
