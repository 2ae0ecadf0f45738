/**
 * What is held against a sender, one row a fault; and that nothing honest is, whatever its receiver has seen.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import type { OperatorId } from '../../../src/core/ids.ts';
import { findFault } from '../../../src/core/qbft/fault.ts';
import type { QbftMessage } from '../../../src/core/wire/qbft-message.ts';
import type { SignedMessage } from '../../../src/core/wire/signed.ts';

const none: Uint8Array = new Uint8Array(0);
const value = Uint8Array.of(1, 2, 3);
const root = digest(value);
const noRoot = new Uint8Array(32);
const identifier = new Uint8Array(56).fill(7);
const justification = [Uint8Array.of(9)];
const valueBytesMax = 8;

interface Letter {
  readonly message: Partial<QbftMessage> & Pick<QbftMessage, 'type'>;
  readonly fullData?: Uint8Array;
  readonly operators?: readonly number[];
  readonly id?: Uint8Array;
}

const faultOf = ({ message, fullData = none, operators = [1], id = identifier }: Letter): string | null => {
  const signed: SignedMessage = {
    signatures: operators.map(() => new Uint8Array(256)),
    operators: operators as OperatorId[],
    message: { type: 'consensus', id, data: none },
    fullData,
  };
  const rest = { dataRound: 0, roundChangeJustification: [], prepareJustification: [] };
  return findFault(signed, { height: 1, round: 3, identifier, root, ...rest, ...message }, valueBytesMax);
};

const honest: readonly (readonly [string, Letter])[] = [
  ['a proposal with its value', { message: { type: 'proposal' }, fullData: value }],
  [
    'a proposal of a later round with its reasons',
    {
      message: {
        type: 'proposal',
        roundChangeJustification: justification,
        prepareJustification: justification,
      },
      fullData: value,
    },
  ],
  ['a prepare', { message: { type: 'prepare' } }],
  ['a commit', { message: { type: 'commit' } }],
  ['a certificate', { message: { type: 'commit' }, operators: [1, 2, 3], fullData: value }],
  ['a round change that prepared nothing', { message: { type: 'round-change', root: noRoot } }],
  [
    'a round change of a value prepared before',
    {
      message: { type: 'round-change', dataRound: 2, roundChangeJustification: justification },
      fullData: value,
    },
  ],
  [
    'the longest value',
    {
      message: { type: 'proposal', root: digest(new Uint8Array(valueBytesMax)) },
      fullData: new Uint8Array(valueBytesMax),
    },
  ],
];

for (const [name, letter] of honest)
  test(`${name} is nobody's fault`, () => {
    assert.equal(faultOf(letter), null);
  });

const tooLong = new Uint8Array(valueBytesMax + 1);
const ballots: readonly (readonly [string, Letter, RegExp])[] = (['prepare', 'commit'] as const).flatMap(
  (type) => [
    [`a ${type} that names a prepared round`, { message: { type, dataRound: 1 } }, /justification/],
    [
      `a ${type} with round changes`,
      { message: { type, roundChangeJustification: justification } },
      /justification/,
    ],
    [`a ${type} with prepares`, { message: { type, prepareJustification: justification } }, /justification/],
    [`a ${type} with its value`, { message: { type }, fullData: value }, /a ballot with a value/],
  ],
);

const faults: readonly (readonly [string, Letter, RegExp])[] = [
  [
    'an identifier that is not that of the envelope',
    { message: { type: 'prepare' }, id: new Uint8Array(56).fill(8) },
    /another duty/,
  ],
  [
    'a value beyond any limit',
    { message: { type: 'proposal', root: digest(tooLong) }, fullData: tooLong },
    /too long/,
  ],
  [
    'a proposal with the value of another root',
    { message: { type: 'proposal' }, fullData: Uint8Array.of(4) },
    /not that of the root/,
  ],
  [
    'a round change with the value of another root',
    { message: { type: 'round-change', dataRound: 2 }, fullData: Uint8Array.of(4) },
    /not that of the root/,
  ],
  [
    'a certificate with the value of another root',
    { message: { type: 'commit' }, operators: [1, 2, 3], fullData: Uint8Array.of(4) },
    /not that of the root/,
  ],
  [
    'a proposal of two',
    { message: { type: 'proposal' }, operators: [1, 2], fullData: value },
    /one-signer-only/,
  ],
  ['a prepare of two', { message: { type: 'prepare' }, operators: [1, 2] }, /one-signer-only/],
  [
    'a round change of two',
    { message: { type: 'round-change', root: noRoot }, operators: [1, 2] },
    /one-signer-only/,
  ],
  ['a proposal without its value', { message: { type: 'proposal' } }, /without its value/],
  ...ballots,
  [
    'a certificate without its value',
    { message: { type: 'commit' }, operators: [1, 2, 3] },
    /certificate without/,
  ],
  [
    'a round change of a value prepared in its own round',
    { message: { type: 'round-change', dataRound: 3 }, fullData: value },
    /its own future/,
  ],
  [
    'a round change of a value prepared in a later round',
    { message: { type: 'round-change', dataRound: 4 }, fullData: value },
    /its own future/,
  ],
  [
    'a prepared round change without its value',
    { message: { type: 'round-change', dataRound: 2 } },
    /without its value/,
  ],
  [
    'an unprepared round change with a value',
    { message: { type: 'round-change' }, fullData: value },
    /carries something/,
  ],
  ['an unprepared round change with a root', { message: { type: 'round-change' } }, /carries something/],
  [
    'an unprepared round change with prepares',
    { message: { type: 'round-change', root: noRoot, roundChangeJustification: justification } },
    /carries something/,
  ],
];

for (const [name, letter, why] of faults)
  test(`${name} is its sender's fault`, () => {
    assert.match(faultOf(letter) ?? 'no fault', why);
  });
