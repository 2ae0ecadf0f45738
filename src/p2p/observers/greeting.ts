/**
 * How a node without an operator's key introduces itself: protocol /quorate/observe/1.0.0, one question and one answer.
 *
 *     observer                              any node
 *     greeting  ---------------------->            version, network, the role of an observer
 *              <----------------------  welcome    what answers: an operator, as it says, or another observer
 *              <----------------------  refused    and why
 *
 * Nothing is proven, as nothing rests on it: whatever either side tells later proves itself by operators' signatures. So a
 * stranger cannot make an operator sign. Operators prove themselves to one another in hello.ts, a protocol of its own, in which
 * an observer has no part. Messages are JSON objects of at most 1 KiB; unknown fields are ignored, so that later versions may
 * add some.
 */
import type { Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { isHexOf } from '../../core/bytes.ts';
import { type OperatorId, parseOperatorId } from '../../core/ids.ts';
import { helloFrames } from '../hello.ts';

export const observeProtocol = '/quorate/observe/1.0.0';
export const greetingBytesMax = 1024;
export const greetingVersion = 1;

const refusals = ['malformed', 'other-version', 'other-network', 'full', 'unwelcome'] as const;
export type GreetingRefusal = (typeof refusals)[number];

export interface Greeting {
  readonly type: 'greeting';
  readonly version: number;
  /** 0x-hex. */
  readonly domain: string;
  readonly role: 'observer';
}

/** `operator` is what the answering node says of itself; null for an observer. */
export interface Welcome {
  readonly type: 'welcome';
  readonly version: number;
  readonly operator: OperatorId | null;
}

export interface NotWelcome {
  readonly type: 'refused';
  readonly why: GreetingRefusal;
}

export type GreetingMessage = Greeting | Welcome | NotWelcome;

type Fields = Readonly<Record<string, unknown>>;

const isVersion = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isDomain = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 66 && isHexOf(value, (value.length - 2) / 2);

const parseFields = (fields: Fields): GreetingMessage | null => {
  const { version, domain } = fields;
  switch (fields.type) {
    case 'greeting':
      if (!isVersion(version) || !isDomain(domain) || fields.role !== 'observer') return null;
      return { type: 'greeting', version, domain, role: 'observer' };
    case 'welcome': {
      const operator = fields.operator === null ? null : parseOperatorId(fields.operator);
      if (!isVersion(version) || (operator === null && fields.operator !== null)) return null;
      return { type: 'welcome', version, operator };
    }
    case 'refused': {
      const why = refusals.find((refusal) => refusal === fields.why);
      return why === undefined ? null : { type: 'refused', why };
    }
    default:
      return null;
  }
};

/** Null for anything that is not a message of this protocol. */
export const parseGreeting = (bytes: Uint8Array): GreetingMessage | null => {
  if (bytes.length > greetingBytesMax) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return parseFields(value as Fields);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
};

export const encodeGreeting = (message: GreetingMessage): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(message));

const framesOf = (stream: Stream) =>
  lpStream(stream, { ...helloFrames, maxDataLength: greetingBytesMax, maxBufferSize: 4 * greetingBytesMax });

/** Asks to be let in as an observer, and closes the stream. Rejects where the peer does not answer in the protocol. */
export const greet = async (
  stream: Stream,
  domain: string,
  signal: AbortSignal,
): Promise<Welcome | NotWelcome> => {
  try {
    const frames = framesOf(stream);
    const greeting = { type: 'greeting', version: greetingVersion, domain, role: 'observer' } as const;
    await frames.write(encodeGreeting(greeting), { signal });
    const answer = parseGreeting((await frames.read({ signal })).subarray());
    await stream.close({ signal });
    if (answer?.type === 'refused') return answer;
    if (answer?.type === 'welcome' && answer.version === greetingVersion) return answer;
    throw new Error('a malformed answer to the greeting');
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
};

/** Reads a greeting, says what `judge` makes of it (null: welcome), and tells whether the peer was let in. */
export const answerGreeting = async (
  stream: Stream,
  self: OperatorId | null,
  judge: (greeting: Greeting | null) => GreetingRefusal | null,
  signal: AbortSignal,
): Promise<GreetingRefusal | null> => {
  const frames = framesOf(stream);
  const message = parseGreeting((await frames.read({ signal })).subarray());
  const refusal = judge(message?.type === 'greeting' ? message : null);
  const answer: Welcome | NotWelcome =
    refusal === null
      ? { type: 'welcome', version: greetingVersion, operator: self }
      : { type: 'refused', why: refusal };
  await frames.write(encodeGreeting(answer), { signal });
  await stream.close({ signal });
  return refusal;
};
