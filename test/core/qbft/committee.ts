/**
 * A committee of four for tests of single rules: operator 1 is ours, any operator can be made to say anything.
 *
 * Leaders go round from operator 1 in round 1. Signatures and bytes are the simulation's cheap ones.
 */
import type { OperatorId } from '../../../src/core/ids.ts';
import type { QbftConfig } from '../../../src/core/qbft/config.ts';
import { leaderOf } from '../../../src/core/qbft/quorum.ts';
import {
  createInstance,
  type Effect,
  type Input,
  type Instance,
  type QbftErrorCode,
} from '../../../src/core/qbft/state.ts';
import { step } from '../../../src/core/qbft/step.ts';
import type { QbftMessage, QbftMessageType } from '../../../src/core/wire/qbft-message.ts';
import { type SignedMessage, withoutFullData } from '../../../src/core/wire/signed.ts';
import { createForge, hashOf, identifier, numberOf, valueBytes } from '../../simulation/core/forge.ts';

export const operator = (id: number): OperatorId => id as OperatorId;
export const committee = [1, 2, 3, 4].map(operator);
export const none = new Uint8Array(0);
/** A value that nobody accepts. */
export const refused = 99;
const forge = createForge();
export const { sign, forge: signBadly, codec } = forge;

export const configFor = (self: number, changes: Partial<QbftConfig> = {}): QbftConfig => ({
  committee,
  self: operator(self),
  identifier,
  height: 0,
  quorum: 3,
  faulty: 1,
  leader: (round) => leaderOf(committee, 0, round),
  cutOffRound: 12,
  verify: forge.verify,
  accepts: (value) => numberOf(value) !== refused,
  codec: forge.codec,
  ...changes,
});

export const message = (
  type: QbftMessageType,
  round: number,
  rest: Partial<QbftMessage> = {},
): QbftMessage => ({
  type,
  height: 0,
  round,
  identifier,
  root: new Uint8Array(32),
  dataRound: 0,
  roundChangeJustification: [],
  prepareJustification: [],
  ...rest,
});

export const encode = (messages: readonly SignedMessage[]): Uint8Array[] =>
  messages.map((signed) => codec.encode(withoutFullData(signed)));

type Rest = Partial<QbftMessage>;
export const rootOf = (value: number): Uint8Array => hashOf(valueBytes(value));

export const prepareOf = (by: number, round: number, value: number, rest: Rest = {}): SignedMessage =>
  sign(operator(by), message('prepare', round, { root: rootOf(value), ...rest }), none);
export const commitOf = (by: number, round: number, value: number, rest: Rest = {}): SignedMessage =>
  sign(operator(by), message('commit', round, { root: rootOf(value), ...rest }), none);
export const proposalOf = (by: number, round: number, value: number, rest: Rest = {}): SignedMessage =>
  sign(operator(by), message('proposal', round, { root: rootOf(value), ...rest }), valueBytes(value));
export const roundChangeOf = (by: number, round: number, rest: Rest = {}): SignedMessage =>
  sign(operator(by), message('round-change', round, rest), none);

/** Prepares of operators 1, 2 and 3. */
export const preparesOf = (round: number, value: number): SignedMessage[] =>
  [1, 2, 3].map((by) => prepareOf(by, round, value));

/** A round change that proves a prepared value. */
export const preparedOf = (
  by: number,
  round: number,
  dataRound: number,
  value: number,
  rest: Rest = {},
): SignedMessage =>
  sign(
    operator(by),
    message('round-change', round, {
      root: rootOf(value),
      dataRound,
      roundChangeJustification: encode(preparesOf(dataRound, value)),
      ...rest,
    }),
    valueBytes(value),
  );

/** Merges messages of equal content into one with all signers. */
export const merge = (messages: readonly SignedMessage[], fullData: Uint8Array = none): SignedMessage => ({
  signatures: messages.flatMap(({ signatures }) => signatures),
  operators: messages.flatMap(({ operators }) => operators),
  message: (messages[0] as SignedMessage).message,
  fullData,
});

export const certificateOf = (
  round: number,
  value: number,
  by: readonly number[] = [1, 2, 3],
): SignedMessage =>
  merge(
    by.map((one) => commitOf(one, round, value)),
    valueBytes(value),
  );

/** Our operator, played by hand. */
export interface Player {
  readonly config: QbftConfig;
  instance(): Instance;
  feed(input: Input): QbftErrorCode | null;
  hear(...messages: readonly SignedMessage[]): QbftErrorCode | null;
  /** What came out since the last call, as short texts: 'proposal 1: 5', 'timer 2', 'decided 1: 5', 'answer 3'. */
  said(): readonly string[];
  readonly effects: readonly Effect[];
}

const tell = (effect: Effect): string => {
  switch (effect.type) {
    case 'broadcast': {
      const { type, round, root, dataRound } = effect.message;
      const value = root[31] === 0 ? 'none' : numberOf(root.subarray(0, 4));
      return `${type} ${round}: ${value}${dataRound > 0 ? ` prepared ${dataRound}` : ''}`;
    }
    case 'timer':
      return `timer ${effect.round}`;
    case 'decided':
      return `decided ${effect.round}: ${numberOf(effect.value)} by ${effect.certificate.operators.join('+')}`;
    case 'answer':
      return `answer ${effect.to}`;
  }
};

export const play = (self = 1, changes: Partial<QbftConfig> = {}): Player => {
  const config = configFor(self, changes);
  let instance = createInstance();
  const effects: Effect[] = [];
  let told = 0;
  const feed = (input: Input): QbftErrorCode | null => {
    const result = step(config, instance, input);
    instance = result.instance;
    effects.push(...result.effects);
    return result.error;
  };
  return {
    config,
    instance: () => instance,
    feed,
    hear: (...messages) => messages.map((signed) => feed({ type: 'message', signed })).at(-1) ?? null,
    said: () => {
      const fresh = effects.slice(told).map(tell);
      told = effects.length;
      return fresh;
    },
    effects,
  };
};

/** Inputs of an instance. */
export const value = (number: number) => ({ type: 'value', value: valueBytes(number) }) as const;
export const timeout = (round: number) => ({ type: 'timeout', round }) as const;

/** Round changes of operators that prepared nothing. */
export const bareQuorum = (round: number): SignedMessage[] => [1, 2, 3].map((by) => roundChangeOf(by, round));
