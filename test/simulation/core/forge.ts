/**
 * Stand-ins for SSZ, SHA-256 and RSA that cost next to nothing: bytes are numbers into tables of one schedule.
 *
 * A signature is a mix of the operator's secret and the number of what is signed. Only `sign` makes one that verifies, and the
 * schedule calls it for an operator's own messages only, so nobody can forge another's; equal ballots share one number, as
 * equal SSZ bytes would, because certificates rely on it.
 */
import type { OperatorId } from '../../../src/core/ids.ts';
import type { Codec } from '../../../src/core/qbft/config.ts';
import { wireError } from '../../../src/core/wire/errors.ts';
import type { QbftMessage } from '../../../src/core/wire/qbft-message.ts';
import type { SignedMessage } from '../../../src/core/wire/signed.ts';

const toBytes = (number: number): Uint8Array =>
  Uint8Array.of(number & 255, (number >>> 8) & 255, (number >>> 16) & 255, number >>> 24);
const toNumber = (bytes: Uint8Array): number =>
  bytes.length === 4
    ? ((bytes[0] as number) |
        ((bytes[1] as number) << 8) |
        ((bytes[2] as number) << 16) |
        ((bytes[3] as number) << 24)) >>>
      0
    : -1;

const rootOfNumber = (number: number): Uint8Array => {
  const root = new Uint8Array(32).fill(1);
  root.set(toBytes(number >>> 0));
  return root;
};

const valuesMax = 128;
const values = Array.from({ length: valuesMax }, (_, number) => toBytes(number));
const roots = Array.from({ length: valuesMax }, (_, number) => rootOfNumber(number));
const noValueRoot = rootOfNumber(0xffffffff);

/** Values are numbers below 128. */
export const valueBytes = (number: number): Uint8Array => values[number] as Uint8Array;
/** -1 for bytes that are no value. */
export const numberOf = (value: Uint8Array): number => {
  const number = toNumber(value);
  return number < valuesMax ? number : -1;
};
export const hashOf = (value: Uint8Array): Uint8Array => roots[numberOf(value)] ?? noValueRoot;
/** The number of the value behind a root; -1 for none. */
export const numberOfRoot = (root: Uint8Array): number => numberOf(root.subarray(0, 4));

/** The duty that the schedule is about, and another one of the same committee. */
export const identifier = new Uint8Array(56).fill(7);
export const otherIdentifier = new Uint8Array(56).fill(8);

export interface Forge {
  readonly codec: Codec;
  /** Signs as `operator`. */
  sign(operator: OperatorId, message: QbftMessage, fullData: Uint8Array, id?: Uint8Array): SignedMessage;
  /** As `sign`, with a signature that does not verify. */
  forge(operator: OperatorId, message: QbftMessage, fullData: Uint8Array): SignedMessage;
  /** Every signature of the message verifies. */
  verify(signed: SignedMessage): boolean;
}

export const createForge = (): Forge => {
  const messages: QbftMessage[] = [];
  const elements: SignedMessage[] = [];
  const ballots = new Map<number, Uint8Array>();

  const add = (message: QbftMessage): Uint8Array => toBytes(messages.push(message) - 1);

  /** Ballots that carry nothing else are the same bytes, whoever sends them. */
  const dataOf = (message: QbftMessage): Uint8Array => {
    const isBallot = message.type === 'prepare' || message.type === 'commit';
    const carries =
      message.dataRound + message.roundChangeJustification.length + message.prepareJustification.length;
    if (!isBallot || carries > 0 || message.identifier !== identifier) return add(message);
    const kind = message.type === 'prepare' ? 0 : 1;
    const key = ((message.height * 64 + message.round) * 256 + numberOfRoot(message.root)) * 2 + kind;
    const known = ballots.get(key);
    if (known !== undefined) return known;
    const data = add(message);
    ballots.set(key, data);
    return data;
  };

  const mix = (operator: OperatorId, { message }: SignedMessage): number =>
    (Math.imul(operator * 0x9e3779b1 + toNumber(message.data), 0x85ebca6b) ^
      ((message.id[0] as number) * 0x27d4eb2f)) >>>
    0;

  const wrap = (
    operator: OperatorId,
    message: QbftMessage,
    fullData: Uint8Array,
    id: Uint8Array,
  ): SignedMessage => ({
    signatures: [],
    operators: [operator],
    message: { type: 'consensus', id, data: dataOf(message) },
    fullData,
  });

  return {
    codec: {
      open: (data) => messages[toNumber(data)] ?? wireError('unmarshal', 'not a message'),
      decode: (element) => elements[toNumber(element)] ?? wireError('unmarshal', 'not an element'),
      encode: (signed) => toBytes(elements.push(signed) - 1),
      hash: hashOf,
    },
    sign: (operator, message, fullData, id = message.identifier) => {
      const unsigned = wrap(operator, message, fullData, id);
      return { ...unsigned, signatures: [toBytes(mix(operator, unsigned))] };
    },
    forge: (operator, message, fullData) => ({
      ...wrap(operator, message, fullData, message.identifier),
      signatures: [toBytes(0)],
    }),
    verify: (signed) =>
      signed.signatures.length === signed.operators.length &&
      signed.operators.every(
        (operator, at) => toNumber(signed.signatures[at] as Uint8Array) === mix(operator, signed),
      ),
  };
};
