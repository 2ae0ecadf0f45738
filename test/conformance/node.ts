/**
 * One operator of the vectors: drives the pure core, signs what it says, and remembers what the vectors ask for.
 */
import { type QbftConfig, wireCodec } from '../../src/core/qbft/config.ts';
import type { Received } from '../../src/core/qbft/message.ts';
import type { Effect, Input, Instance } from '../../src/core/qbft/state.ts';
import { step } from '../../src/core/qbft/step.ts';
import { type ErrorName, errorNumbers } from '../../src/core/wire/errors.ts';
import { encodeQbftMessage } from '../../src/core/wire/qbft-message.ts';
import type { SignedMessage } from '../../src/core/wire/signed.ts';
import { stateToJson, toPlainHex } from './go-json.ts';
import { type Signer, verifierOf } from './keys.ts';
import type { Json } from './vectors.ts';

/** The cut-off round of the spec's test configuration. */
const cutOffRound = 15;

/** The value check of the spec's tests. */
export const acceptsValue = (value: Uint8Array): boolean =>
  value.length > 0 && toPlainHex(value) !== '01010101';

export const codeOf = (error: ErrorName | null): number => (error === null ? 0 : errorNumbers[error]);

export const configOf = (
  member: Json,
  identifier: Uint8Array,
  height: number,
  leader: number,
): QbftConfig => ({
  committee: member.Committee.map((one: Json) => one.OperatorID).sort((a: number, b: number) => a - b),
  self: member.OperatorID,
  identifier,
  height,
  quorum: 2 * member.FaultyNodes + 1,
  faulty: member.FaultyNodes,
  leader: () => leader as QbftConfig['self'],
  cutOffRound,
  verify: verifierOf(member.Committee),
  accepts: acceptsValue,
  codec: wireCodec,
});

export interface Node {
  readonly config: QbftConfig;
  readonly sent: readonly SignedMessage[];
  readonly timers: readonly number[];
  readonly decisions: readonly Extract<Effect, { type: 'decided' }>[];
  readonly startValue: Uint8Array;
  instance(): Instance;
  stop(): void;
  isStopped(): boolean;
  /** Returns the spec's error number, 0 for none. */
  feed(input: Input): number;
  state(): Json;
}

export const createNode = (
  member: Json,
  config: QbftConfig,
  sign: Signer,
  start: Instance,
  startValue: Uint8Array,
): Node => {
  let instance = start;
  let stopped = false;
  const sent: SignedMessage[] = [];
  const timers: number[] = [];
  const decisions: Extract<Effect, { type: 'decided' }>[] = [];
  const certificates: Received[] = [];

  const carryOut = (effect: Effect): void => {
    switch (effect.type) {
      case 'broadcast': {
        const data = encodeQbftMessage(effect.message);
        const message = { type: 'consensus', id: config.identifier, data } as const;
        const signatures = [sign(config.self, message)];
        sent.push({ signatures, operators: [config.self], message, fullData: effect.fullData });
        return;
      }
      case 'timer':
        timers.push(effect.round);
        return;
      case 'decided':
        decisions.push(effect);
        return;
      case 'answer':
        return;
    }
  };

  return {
    config,
    sent,
    timers,
    decisions,
    startValue,
    instance: () => instance,
    stop: () => {
      stopped = true;
    },
    isStopped: () => stopped,
    feed: (input) => {
      // The spec's forceStop is a matter of its controller; an instance past its cut-off behaves the same.
      const result = step(stopped ? { ...config, cutOffRound: 0 } : config, instance, input);
      const before = instance.decided?.certificate;
      instance = result.instance;
      result.effects.forEach(carryOut);
      const after = instance.decided?.certificate;
      if (input.type === 'message' && after === input.signed && after !== before) {
        certificates.push(receivedFromSigned(input.signed));
      }
      return codeOf(result.error);
    },
    state: () => stateToJson(member, config.identifier, config.height, instance, certificates),
  };
};

const receivedFromSigned = (signed: SignedMessage): Received => {
  const message = wireCodec.open(signed.message.data);
  if (message.type === 'wire-error') throw new Error('a decided message that does not decode');
  return { signed, message, signer: signed.operators[0] as Received['signer'] };
};
