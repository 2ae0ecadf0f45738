/**
 * One consensus instance in memory: the pure step function for all n operators, from the leader's value until all have decided.
 * No signatures, no network. With messages as values, and with messages as SSZ bytes that every operator opens.
 */
import { digest } from '@chainsafe/as-sha256';
import { equalBytes } from '../../../src/core/bytes.ts';
import type { OperatorId } from '../../../src/core/ids.ts';
import { type Codec, type QbftConfig, wireCodec } from '../../../src/core/qbft/config.ts';
import { leaderOf } from '../../../src/core/qbft/quorum.ts';
import { createInstance, type Input, type Instance } from '../../../src/core/qbft/state.ts';
import { step } from '../../../src/core/qbft/step.ts';
import { committeeOf } from '../../../src/core/registry/build-registry.ts';
import { encodeQbftMessage, type QbftMessage } from '../../../src/core/wire/qbft-message.ts';
import type { SignedMessage } from '../../../src/core/wire/signed.ts';
import { createForge } from '../../simulation/core/forge.ts';
import type { Target } from '../figures.ts';
import { type BenchCase, Broken, type Micro } from '../harness.ts';

const identifier = new Uint8Array(56).fill(7);
const signature = new Uint8Array(256).fill(9);
const height = 6400;

interface Wire {
  readonly codec: Codec;
  readonly value: Uint8Array;
  sign(operator: OperatorId, message: QbftMessage, fullData: Uint8Array): SignedMessage;
}

/** SSZ, and a value as long as an attestation's. */
const asBytes = (): Wire => ({
  codec: wireCodec,
  value: digest(identifier).slice(),
  sign: (operator, message, fullData) => ({
    signatures: [signature],
    operators: [operator],
    message: { type: 'consensus', id: identifier, data: encodeQbftMessage(message) },
    fullData,
  }),
});

/** The simulator's: bytes are numbers of a table. */
const asValues = (): Wire => {
  const { codec, sign } = createForge();
  return { codec, value: Uint8Array.of(1, 0, 0, 0), sign };
};

const configOf = (committee: readonly OperatorId[], self: OperatorId, codec: Codec): QbftConfig => ({
  committee,
  self,
  identifier,
  height,
  quorum: committeeOf(committee).quorum,
  faulty: committeeOf(committee).faulty,
  leader: (round) => leaderOf(committee, height, round),
  cutOffRound: 12,
  verify: () => true,
  accepts: () => true,
  codec,
});

/** Every broadcast reaches everyone, in order. */
const play = (configs: readonly QbftConfig[], { value, sign }: Wire): void => {
  const instances: Instance[] = configs.map(createInstance);
  const agenda: { readonly at: number; readonly input: Input }[] = configs.map((_, at) => ({
    at,
    input: { type: 'value', value },
  }));
  let decided = 0;
  for (let next = 0; next < agenda.length && decided < configs.length; next++) {
    const { at, input } = agenda[next] as (typeof agenda)[0];
    const config = configs[at] as QbftConfig;
    const { instance, effects } = step(config, instances[at] as Instance, input);
    instances[at] = instance;
    for (const effect of effects) {
      if (effect.type === 'decided') {
        if (!equalBytes(effect.value, value)) throw new Broken('another value was decided');
        decided += 1;
      }
      if (effect.type !== 'broadcast') continue;
      const signed = sign(config.self, effect.message, effect.fullData);
      for (let to = 0; to < configs.length; to++) agenda.push({ at: to, input: { type: 'message', signed } });
    }
  }
  if (decided < configs.length) throw new Broken(`${decided} of ${configs.length} operators decided`);
};

const microsOf = (n: number): readonly Micro[] => {
  const committee = Array.from({ length: n }, (_, at) => (at + 1) as OperatorId);
  const bytes = asBytes();
  const overBytes = committee.map((self) => configOf(committee, self, bytes.codec));
  const target: Target | null = n === 4 ? { of: 'median', max: 100 } : null;
  const common = { name: 'qbft', floor: 'blst.verify', target } as const;
  // The simulator identifies messages by its own constant identifier, and its tables grow: a forge for each instance.
  const overValues = committee.map((self) => configOf(committee, self, asValues().codec));
  return [
    {
      ...common,
      figure: 'an instance, messages as values',
      parameters: { n },
      work() {
        const values = asValues();
        play(
          overValues.map((config) => ({ ...config, codec: values.codec })),
          values,
        );
      },
    },
    {
      ...common,
      figure: 'an instance, messages as SSZ',
      parameters: { n },
      work: () => play(overBytes, bytes),
    },
  ];
};

export const qbftCase: BenchCase = {
  type: 'micro',
  name: 'qbft',
  about: 'one consensus instance of all n operators in memory, n = 4, 7, 10, 13',
  micros: () => [4, 7, 10, 13].flatMap(microsOf),
};
