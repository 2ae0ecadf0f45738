/**
 * Any message that the wire can carry.
 */
import fc from 'fast-check';
import type { OperatorId } from '../../../src/core/ids.ts';
import type { PartialMessages } from '../../../src/core/wire/partial.ts';
import type { QbftMessage } from '../../../src/core/wire/qbft-message.ts';
import { encodeSigned, type SignedMessage } from '../../../src/core/wire/signed.ts';

/** Plain objects, as decoders make them. */
export const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>;

export const anyBytes = (min: number, max: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: min, maxLength: max });
const exactly = (length: number): fc.Arbitrary<Uint8Array> => anyBytes(length, length);
const anyNumber = fc.maxSafeNat();

export const anySigned: fc.Arbitrary<SignedMessage> = record({
  signatures: fc.array(anyBytes(0, 256), { maxLength: 13 }),
  operators: fc.array(anyNumber as fc.Arbitrary<OperatorId>, { maxLength: 13 }),
  message: record({
    type: fc.constantFrom('consensus', 'partial-signature', 'dkg', 'hint'),
    id: exactly(56),
    data: anyBytes(0, 300),
  }),
  fullData: anyBytes(0, 300),
});

const elements = fc.array(anySigned.map(encodeSigned), { maxLength: 3 });

export const anyQbftMessage: fc.Arbitrary<QbftMessage> = record({
  type: fc.constantFrom('proposal', 'prepare', 'commit', 'round-change'),
  height: anyNumber,
  round: fc.integer({ min: 1, max: 1_000_000 }),
  identifier: exactly(56),
  root: exactly(32),
  dataRound: anyNumber,
  roundChangeJustification: elements,
  // Prepares in justifications have at most 3700 bytes, which the messages above keep to.
  prepareJustification: elements.map((list) => list.filter((element) => element.length <= 3700)),
});

export const anyPartials: fc.Arbitrary<PartialMessages> = record({
  type: fc.nat({ max: 9 }),
  slot: anyNumber,
  messages: fc.array(
    record({
      signature: exactly(96),
      signingRoot: exactly(32),
      signer: anyNumber as fc.Arbitrary<OperatorId>,
      validatorIndex: anyNumber,
    }),
    { maxLength: 5 },
  ),
});

/** Honest bytes with some of them changed, cut off or added: what gets furthest into a decoder. */
export const damaged = (honest: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      honest,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
      fc.integer({ min: -9, max: 9 }),
    )
    .map(([bytes, changes, growth]) => {
      const changed = new Uint8Array(Math.max(0, bytes.length + growth));
      changed.set(bytes.subarray(0, changed.length));
      // Offsets and lengths are in the first bytes: half of the changes go there.
      for (const [at, byte] of changes) {
        if (changed.length > 0)
          changed[at % (at % 2 === 0 ? changed.length : Math.min(changed.length, 120))] = byte;
      }
      return changed;
    });
