/**
 * What a report event says to a person: a level and one sentence.
 *
 * Levels: error, someone should act; warn, something went wrong that may mend itself; info, the life of a healthy node;
 * debug, every step of every duty.
 */
import type { SignOutcome } from '../../workflow/outcome.ts';
import type { ReportEvent } from '../../workflow/report.ts';
import { type ObserverEvent, observerSentence } from './observer-sentence.ts';

export type Level = 'error' | 'warn' | 'info' | 'debug';

export interface Sentence {
  readonly level: Level;
  readonly text: string;
}

const say = (level: Level, text: string): Sentence => ({ level, text });

/** The steps of every duty: at level debug, and told often, so that a sentence nobody reads is not made. */
const stepTypes = [
  'asked',
  'joined',
  'abstained',
  'hinted',
  'proposed',
  'recorded',
  'share-signed',
  'partials-sent',
  'partials-received',
  'combined',
  'message-sent',
  'message-received',
] as const satisfies readonly ReportEvent['type'][];
type EventOf<Type extends ReportEvent['type']> = Extract<ReportEvent, { readonly type: Type }>;
type StepEvent = EventOf<(typeof stepTypes)[number]>;

const steps: ReadonlySet<string> = new Set(stepTypes);
const isStep = (event: ReportEvent): event is StepEvent => steps.has(event.type);

/** The level of an event whose sentence may not be needed; null where only the sentence tells. */
export const levelOf = (event: ReportEvent): Level | null => (isStep(event) ? 'debug' : null);

const stepText = (event: StepEvent): string => {
  switch (event.type) {
    case 'asked':
      return `our validator client asks for ${event.duty}`;
    case 'joined':
      return `joined ${event.duty}, ${event.because === 'peer' ? 'as a peer works on it' : 'as our client asked'}`;
    case 'abstained':
      return `did not take part in ${event.duty}: ${event.why}`;
    case 'hinted':
      return `operator ${event.from} told its value for ${event.duty}`;
    case 'proposed':
      return `proposed a value for ${event.duty} in round ${event.round}`;
    case 'recorded':
      return `recorded ${event.kind} of slot ${event.slot} in slashing protection`;
    case 'share-signed':
      return `our share signed ${event.kind}`;
    case 'message-sent':
      return `sent a message of ${event.bytes} bytes to ${event.peers} peers`;
    case 'message-received':
      return `received a message of ${event.bytes} bytes: ${event.verdict}`;
    case 'partials-sent':
      return `sent ${event.count} partial signatures for ${event.kind} of slot ${event.slot}`;
    case 'partials-received':
      return `operator ${event.from} sent ${event.count} partial signatures for ${event.kind} of slot ${event.slot}`;
    case 'combined':
      return `combined a signature for ${event.kind}`;
  }
};

export const sentenceOf = (event: ReportEvent): Sentence =>
  isStep(event) ? say('debug', stepText(event)) : eventSentence(event);

const eventSentence = (event: Exclude<ReportEvent, StepEvent>): Sentence => {
  switch (event.type) {
    case 'answered':
      return answerSentence(event.duty, event.outcome, event.tookMs);
    case 'proposal-refused':
      return say(
        'warn',
        `refused the value proposed for ${event.duty} in round ${event.round}: ${event.why}`,
      );
    case 'round-changed':
      return say('info', `${event.duty} goes on in round ${event.round}: ${event.why}`);
    case 'decided':
      return say(
        'info',
        `${event.duty} decided in round ${event.round} by operators ${event.signers.join(', ')}`,
      );
    case 'undecided':
      return say(
        'error',
        `${event.duty} ended without a decision in round ${event.round}: too few operators took part in time`,
      );
    case 'slashing-refused':
      return say('error', `slashing protection forbids this ${event.kind} (${event.rule}): ${event.detail}`);
    case 'share-failed':
      return say('error', `our share could not sign ${event.kind} (${event.reason}): ${event.detail}`);
    default:
      return exchangeSentence(event);
  }
};

type HistoryEvent = Extract<ReportEvent, { readonly type: 'catch-up' | 'history-answer' | 'twin' }>;

type ExchangeEvent = Extract<
  ReportEvent,
  {
    readonly type:
      | 'bad-partial'
      | 'message-refused'
      | 'equivocation'
      | 'peer-connected'
      | 'peer-lost'
      | 'peer-dial-failed'
      | 'publish-failed'
      | 'fault'
      | HistoryEvent['type']
      | ObserverEvent['type'];
  }
>;

const exchangeSentence = (event: ExchangeEvent): Sentence => {
  switch (event.type) {
    case 'bad-partial':
      return say(
        'warn',
        `operator ${event.from} sent a partial signature for ${event.kind} that is not of its share: its signer holds the wrong key, or it lies`,
      );
    case 'message-refused':
      return say(
        event.verdict === 'reject' ? 'warn' : 'debug',
        `turned away a message of ${event.from === null ? 'an unknown sender' : `operator ${event.from}`}: ${event.why}`,
      );
    case 'equivocation':
      return say('error', `operator ${event.from} said two things about ${event.duty}: ${event.detail}`);
    case 'peer-connected':
      return say('info', `connected to operator ${event.operator}`);
    case 'peer-lost':
      return say('warn', `lost the connection to operator ${event.operator}; redialling`);
    case 'peer-dial-failed':
      return say('info', `cannot reach operator ${event.operator} at ${event.address}: ${event.why}`);
    case 'publish-failed':
      return say('warn', `could not send a message to the other operators: ${event.why}`);
    case 'fault':
      return say('error', `${event.where} failed: ${event.why}`);
    case 'catch-up':
    case 'history-answer':
    case 'twin':
      return historySentence(event);
    default:
      return observerSentence(event);
  }
};

const catchUpSentence = (event: Extract<ReportEvent, { readonly type: 'catch-up' }>): Sentence => {
  const { state, have, need, newcomers } = event;
  const who = `committee ${event.committee.slice(0, 10)}${newcomers > 0 ? ` (${newcomers} new validators)` : ''}`;
  const yet = `no votes or blocks ${newcomers > 0 ? 'of these validators ' : ''}are signed yet`;
  switch (state) {
    case 'caught-up': {
      const floor = event.floor === null ? '' : `; nothing up to epoch ${event.floor} is signed`;
      return say('info', `caught up with ${who}${floor}`);
    }
    case 'asking':
      return say('warn', `catching up with ${who}: ${have} of ${need} operators heard; ${yet}`);
    case 'settling': {
      const what = `waiting until earlier duties of ${who} have settled`;
      return say('warn', `${what}: ${have} of ${need} operators heard since; ${yet}`);
    }
  }
};

const historySentence = (event: HistoryEvent): Sentence => {
  switch (event.type) {
    case 'catch-up':
      return catchUpSentence(event);
    case 'history-answer':
      if (event.outcome === 'lie')
        return say('error', `operator ${event.from} told a false history: ${event.why}`);
      return event.outcome === 'answered'
        ? say('info', `operator ${event.from} told ${event.entries} decisions of its history`)
        : say('info', `operator ${event.from} did not tell its history: ${event.why}`);
    case 'twin':
      return say('error', `this operator runs twice, nothing more is signed: ${event.detail}`);
  }
};

const answerSentence = (duty: string, outcome: SignOutcome, tookMs: number): Sentence => {
  const after = `after ${Math.round(tookMs)} ms`;
  switch (outcome.type) {
    case 'signed':
      return say('info', `signed ${duty} ${after}`);
    case 'unknown-validator':
      return say('warn', `${duty} is of a validator that is not in the cluster file`);
    case 'too-early':
    case 'too-late':
      return say(
        'warn',
        `${duty} was asked ${outcome.type === 'too-early' ? 'too early' : 'too late'}: ${outcome.detail}`,
      );
    case 'refused-by-policy':
      return say('warn', `${duty} was refused: ${outcome.detail}`);
    case 'slashable':
      return say('error', `${duty} was refused as slashable (${outcome.rule}): ${outcome.detail}`);
    case 'decided-otherwise':
      // Of a block, an aggregate or a contribution every client has its own; only one of them can be the one.
      return say(
        /^(block|aggregate|contribution)\//.test(duty) ? 'info' : 'warn',
        `the cluster decided other data for ${duty} than our client sent: ${outcome.detail}`,
      );
    case 'undecided':
      return say('error', `no agreement on ${duty} ${after}: ${outcome.detail}`);
    case 'below-quorum':
      return say(
        'error',
        `${outcome.have} of ${outcome.need} partial signatures for ${duty} ${after}; missing operators ${outcome.missing.join(', ')}`,
      );
    case 'signer-failed':
      return say('error', `our share signer failed for ${duty} (${outcome.reason}): ${outcome.detail}`);
    case 'overloaded':
    case 'not-ready':
      return say('warn', `${duty} was not taken on: ${outcome.detail}`);
  }
};
