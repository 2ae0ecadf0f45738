/**
 * The state of one consensus instance, and what a step may ask of the caller. Values only: every step makes a new one.
 *
 * Everything kept is bounded: one message per kind, operator and round, and no round beyond the cut-off.
 */
import type { OperatorId } from '../ids.ts';
import type { ErrorName } from '../wire/errors.ts';
import type { QbftMessage, QbftMessageType } from '../wire/qbft-message.ts';
import type { SignedMessage } from '../wire/signed.ts';
import type { Received } from './message.ts';

/** A value with its root. */
export interface Value {
  readonly bytes: Uint8Array;
  readonly root: Uint8Array;
}

export interface Decision {
  readonly round: number;
  readonly value: Uint8Array;
  readonly root: Uint8Array;
  /** The commits of a quorum in one message, with the value as full data. */
  readonly certificate: SignedMessage;
}

export interface Instance {
  readonly round: number;
  /** The proposal of the current round. */
  readonly accepted: Received | null;
  /** The last round in which a quorum prepared the accepted value; 0 for none. */
  readonly preparedRound: number;
  readonly prepared: Value | null;
  /** What we would propose. */
  readonly own: Value | null;
  /** The last round for which we proposed: never twice in one round. */
  readonly proposedRound: number;
  readonly decided: Decision | null;
  /** Messages that count, in order of arrival. */
  readonly proposals: readonly Received[];
  readonly prepares: readonly Received[];
  readonly commits: readonly Received[];
  readonly roundChanges: readonly Received[];
  /** Messages that came too early or too late to count in the round we were in: see rules.ts. */
  readonly aside: readonly Received[];
}

export type Input =
  /** The value that we would propose. May come at any time, or never; a later one replaces it for later proposals. */
  | { readonly type: 'value'; readonly value: Uint8Array }
  /** A message of any member, ourselves included. The caller has verified its signatures. */
  | { readonly type: 'message'; readonly signed: SignedMessage }
  /** The round's time is over. Ignored unless it is the current round. */
  | { readonly type: 'timeout'; readonly round: number };

export type Effect =
  /** Sign it, send it to all, and feed it back as an input. */
  | { readonly type: 'broadcast'; readonly message: QbftMessage; readonly fullData: Uint8Array }
  /** A new round began: call back with its timeout at its deadline. Earlier rounds' timers are void. */
  | { readonly type: 'timer'; readonly round: number }
  /** Once per instance. Sending the certificate to all lets operators that fell behind decide too. */
  | {
      readonly type: 'decided';
      readonly round: number;
      readonly value: Uint8Array;
      readonly certificate: SignedMessage;
    }
  /** This operator still changes rounds in an instance that we have decided: send it the certificate. */
  | { readonly type: 'answer'; readonly to: OperatorId; readonly certificate: SignedMessage };

export type QbftErrorCode = ErrorName;

export interface Step {
  readonly instance: Instance;
  readonly effects: readonly Effect[];
  readonly error: QbftErrorCode | null;
}

/** Round 1 has begun: the caller starts its timer and feeds its own value, if it has one. */
export const createInstance = (): Instance => ({
  round: 1,
  accepted: null,
  preparedRound: 0,
  prepared: null,
  own: null,
  proposedRound: 0,
  decided: null,
  proposals: [],
  prepares: [],
  commits: [],
  roundChanges: [],
  aside: [],
});

export const done = (
  instance: Instance,
  effects: readonly Effect[] = [],
  error: QbftErrorCode | null = null,
): Step => ({
  instance,
  effects,
  error,
});

/** Goes on from a step that went well, keeping its effects in front. */
export const andThen = (step: Step, next: (instance: Instance) => Step): Step => {
  const after = next(step.instance);
  return { ...after, effects: [...step.effects, ...after.effects], error: step.error ?? after.error };
};

const has = (messages: readonly Received[], type: QbftMessageType, received: Received): boolean =>
  messages.some(
    ({ message, signer }) =>
      message.type === type && signer === received.signer && message.round === received.message.round,
  );

/** True where this operator already has a message of this kind and round among these. */
export const isRepeated = (messages: readonly Received[], received: Received): boolean =>
  has(messages, received.message.type, received);
