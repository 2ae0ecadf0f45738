import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OperatorId } from '../../../src/core/ids.ts';
import { noteY, yOf } from '../../../src/core/threshold/known-y.ts';
import { decodeVote, encodeVote } from '../../../src/core/wire/beacon-vote.ts';
import { isWireError, type WireError } from '../../../src/core/wire/errors.ts';
import { decodeHint, encodeHint } from '../../../src/core/wire/hint.ts';
import {
  areYs,
  decodePartials,
  encodePartials,
  encodeYs,
  noteYs,
  type PartialMessage,
} from '../../../src/core/wire/partial.ts';
import { decodeQbftMessage, encodeQbftMessage } from '../../../src/core/wire/qbft-message.ts';
import { decodeSigned, encodeSigned, signedBytesMax } from '../../../src/core/wire/signed.ts';
import { anyBytes, anyPartials, anyQbftMessage, anySigned, damaged, record } from './arbitrary.ts';

const anyHint = record({
  slot: fc.maxSafeNat(),
  items: fc.array(record({ number: fc.maxSafeNat(), payload: anyBytes(0, 200) }), { maxLength: 5 }),
});

const root = (byte: string) => `0x${byte.repeat(32)}` as Parameters<typeof encodeVote>[0]['beaconBlockRoot'];
const anyVote = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 1000 })).map(([source, distance]) => ({
  beaconBlockRoot: root('ab'),
  source: { epoch: source, root: root('01') },
  target: { epoch: source + distance, root: root('ff') },
})) as fc.Arbitrary<Parameters<typeof encodeVote>[0]>;

interface Codec<T> {
  readonly name: string;
  readonly any: fc.Arbitrary<T>;
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T | WireError;
}

const check = <T>({ name, any, encode, decode }: Codec<T>): void => {
  test(`${name}: what is encoded decodes to the same`, () => {
    fc.assert(
      fc.property(any, (value) => deepEqual(decode(encode(value)), value)),
      { numRuns: 200 },
    );
  });

  test(`${name}: damaged bytes are an error or another message, never a throw`, () => {
    fc.assert(
      fc.property(damaged(any.map(encode)), (bytes) => {
        const decoded = decode(bytes);
        // SSZ has one encoding per value: bytes that decode are the bytes that their value encodes to.
        if (!isWireError(decoded)) deepEqual(encode(decoded), bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test(`${name}: any bytes at all are an error or a message, never a throw`, () => {
    fc.assert(
      fc.property(anyBytes(0, 600), (bytes) => {
        const decoded = decode(bytes);
        if (!isWireError(decoded)) deepEqual(encode(decoded), bytes);
      }),
      { numRuns: 500 },
    );
  });

  test(`${name}: a decoded message does not change with the buffer that it came in`, () => {
    const [value] = fc.sample(any, { numRuns: 1, seed: 7 }) as [T];
    const buffer = Buffer.from(encode(value));
    const decoded = decode(buffer);
    buffer.fill(0xee);
    deepEqual(decoded, value);
  });
};

check({ name: 'signed message', any: anySigned, encode: encodeSigned, decode: decodeSigned });
check({ name: 'qbft message', any: anyQbftMessage, encode: encodeQbftMessage, decode: decodeQbftMessage });
check({ name: 'partial signatures', any: anyPartials, encode: encodePartials, decode: decodePartials });
check({ name: 'hint', any: anyHint, encode: encodeHint, decode: decodeHint });
check({ name: 'beacon vote', any: anyVote, encode: encodeVote, decode: decodeVote });

test('the y of each partial travels beside it, or none at all', () => {
  const partial = (fill: number) => ({
    signature: new Uint8Array(96).fill(fill),
    signingRoot: new Uint8Array(32),
    signer: 1 as OperatorId,
    validatorIndex: fill,
  });
  const sent = [partial(1), partial(2)];
  deepEqual(encodeYs(sent), new Uint8Array(0));
  noteY((sent[0] as PartialMessage).signature, new Uint8Array(96).fill(3));
  deepEqual(encodeYs(sent), new Uint8Array(0));
  noteY((sent[1] as PartialMessage).signature, new Uint8Array(96).fill(4));
  const ys = encodeYs(sent);
  equal(ys.length, 192);
  const received = [partial(1), partial(2)];
  equal(areYs(received, ys), true);
  noteYs(received, ys);
  deepEqual(
    received.map(({ signature }) => yOf(signature)?.[95]),
    [3, 4],
  );
  for (const { signature } of received) equal(yOf(signature)?.buffer.byteLength, 96);
  const others = [partial(1), partial(2)];
  equal(areYs(others, new Uint8Array(0)), true);
  noteYs(others, new Uint8Array(0));
  for (const length of [1, 95, 96, 191, 193, 288]) equal(areYs(others, new Uint8Array(length)), false);
  deepEqual(
    others.map(({ signature }) => yOf(signature)),
    [null, null],
  );
});

const nameOf = (decoded: unknown): string | null => (isWireError(decoded) ? decoded.name : null);

test('more bytes than any signed message can have are refused unread', () => {
  equal(nameOf(decodeSigned(new Uint8Array(signedBytesMax + 1))), 'unmarshal');
});

test('an integer above 2^53 - 1 is an error, not another integer', () => {
  const [message] = fc.sample(anyQbftMessage, { numRuns: 1, seed: 1 });
  ok(message);
  const bytes = encodeQbftMessage(message);
  // Height: bytes 8 to 16, little-endian; the seventh byte is worth 2^48 and more.
  bytes.fill(0, 8, 16);
  bytes[14] = 0x20;
  equal(nameOf(decodeQbftMessage(bytes)), 'unmarshal');
  bytes[14] = 0x1f;
  equal(nameOf(decodeQbftMessage(bytes)), null);
});

test('a message of an unknown type is refused with the type as reason', () => {
  const [signed] = fc.sample(anySigned, { numRuns: 1, seed: 1 });
  ok(signed);
  const bytes = encodeSigned(signed);
  const at = new DataView(bytes.buffer).getUint32(8, true);
  bytes[at] = 4;
  equal(nameOf(decodeSigned(bytes)), 'message-type');
});

test('the vote of the genesis epoch, from a checkpoint to itself, is a vote', () => {
  const genesis = { epoch: 0, root: root('02') };
  const vote = { beaconBlockRoot: root('01'), source: genesis, target: genesis };
  deepEqual(decodeVote(encodeVote(vote as Parameters<typeof encodeVote>[0])), vote);
});
