/**
 * Every other guard alone: a message that is right but for one thing, and the reason for which it is refused.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { QbftErrorCode } from '../../../src/core/qbft/state.ts';
import type { SignedMessage } from '../../../src/core/wire/signed.ts';
import { identifier, otherIdentifier, valueBytes } from '../../simulation/core/forge.ts';
import {
  certificateOf,
  commitOf,
  encode,
  merge,
  message,
  none,
  operator,
  play,
  preparedOf,
  prepareOf,
  preparesOf,
  proposalOf,
  rootOf,
  roundChangeOf,
  sign,
  signBadly,
} from './committee.ts';

const good = preparesOf(2, 5);
type Row = readonly [name: string, expected: QbftErrorCode | null, signed: SignedMessage];

const roundChanges: readonly Row[] = [
  ['that prepared nothing', null, roundChangeOf(2, 2)],
  ['with proof of what was prepared', null, preparedOf(2, 3, 2, 5)],
  ['of another slot', 'wrong-height', roundChangeOf(2, 2, { height: 32 })],
  ['of another duty', 'identifier', roundChangeOf(2, 2, { identifier: otherIdentifier })],
  ['of a stranger', 'signer-not-in-committee', roundChangeOf(5, 2)],
  [
    'of another duty in an envelope of ours',
    'identifier',
    sign(
      operator(1),
      message('proposal', 1, { root: rootOf(5), identifier: otherIdentifier }),
      valueBytes(5),
      identifier,
    ),
  ],
  ['of two signers', 'one-signer-only', merge([roundChangeOf(2, 2), roundChangeOf(3, 2)])],
  [
    'whose value is not the prepared one',
    'full-data-hash',
    { ...preparedOf(2, 3, 2, 5), fullData: valueBytes(6) },
  ],
  ['prepared without proof', 'no-prepare-quorum', preparedOf(2, 3, 2, 5, { roundChangeJustification: [] })],
  ['prepared in its own round', 'prepared-round', preparedOf(2, 3, 3, 5)],
  ['for a round that never comes', 'round', roundChangeOf(2, 13)],
];

const ballots: readonly Row[] = [
  ['prepare', null, prepareOf(2, 1, 5)],
  ['commit', null, commitOf(2, 1, 5)],
  ['prepare of another slot', 'wrong-height', prepareOf(2, 1, 5, { height: 32 })],
  ['commit of another slot', 'wrong-height', commitOf(2, 1, 5, { height: 32 })],
  ['prepare of a stranger', 'signer-not-in-committee', prepareOf(5, 1, 5)],
  ['commit of a stranger', 'signer-not-in-committee', commitOf(5, 1, 5)],
  ['prepare of two signers', 'one-signer-only', merge([prepareOf(2, 1, 5), prepareOf(3, 1, 5)])],
  ['commit of two signers', 'one-signer-only', merge([commitOf(2, 1, 5), commitOf(3, 1, 5)])],
  ['prepare of another value', 'root-differs', prepareOf(2, 1, 6)],
  ['commit to another value', 'root-differs', commitOf(2, 1, 6)],
  ['prepare of a later round', 'wrong-round', prepareOf(2, 2, 5)],
  ['commit of a later round', 'wrong-round', commitOf(2, 2, 5)],
  ['commit with a prepared round', 'commit-invalid', commitOf(2, 1, 5, { dataRound: 1 })],
  [
    'commit with prepares attached',
    'commit-invalid',
    commitOf(2, 1, 5, { prepareJustification: encode(good) }),
  ],
  [
    'commit with round changes attached',
    'commit-invalid',
    commitOf(2, 1, 5, { roundChangeJustification: encode(good) }),
  ],
];

const certificates: readonly Row[] = [
  ['of a quorum', null, certificateOf(7, 5)],
  ['of all', null, certificateOf(7, 5, [1, 2, 3, 4])],
  ['of fewer than a quorum', 'no-proposal', certificateOf(7, 5, [1, 2])],
  ['with a signer twice', 'commit-invalid', certificateOf(7, 5, [1, 2, 2])],
  ['with a stranger', 'signer-not-in-committee', certificateOf(7, 5, [1, 2, 5])],
  ['with another value', 'full-data-hash', { ...certificateOf(7, 5), fullData: valueBytes(6) }],
  [
    'with a false signature',
    'justification-signature',
    merge(
      [
        commitOf(1, 7, 5),
        commitOf(2, 7, 5),
        signBadly(operator(3), message('commit', 7, { root: rootOf(5) }), none),
      ],
      valueBytes(5),
    ),
  ],
  ['of prepares', 'one-signer-only', { ...merge(preparesOf(1, 5), valueBytes(5)) }],
  [
    'of another slot',
    'wrong-height',
    merge(
      [1, 2, 3].map((by) => commitOf(by, 7, 5, { height: 32 })),
      valueBytes(5),
    ),
  ],
  [
    'of another duty',
    'identifier',
    merge(
      [1, 2, 3].map((by) => commitOf(by, 7, 5, { identifier: otherIdentifier })),
      valueBytes(5),
    ),
  ],
];

for (const [name, expected, signed] of roundChanges) {
  test(`a round change ${name} is ${expected === null ? 'kept' : `refused: ${expected}`}`, () => {
    const player = play(4);
    equal(player.hear(signed), expected);
    equal(player.instance().roundChanges.length, expected === null ? 1 : 0);
  });
}

for (const [name, expected, signed] of ballots) {
  test(`a ${name} ${expected === null ? 'counts' : `does not count: ${expected}`}`, () => {
    const player = play(4);
    player.hear(proposalOf(1, 1, 5));
    equal(player.hear(signed), expected);
    const { prepares, commits } = player.instance();
    equal(prepares.length + commits.length, expected === null ? 1 : 0);
    // A prepare that can never count any more is not kept; one of a later round, and any commit, may yet.
    if (expected === 'root-differs') equal(player.instance().aside.length, name.startsWith('commit') ? 1 : 0);
  });
}

for (const [name, expected, signed] of certificates) {
  test(`a certificate ${name} ${expected === null ? 'decides at once' : `decides nothing: ${expected}`}`, () => {
    const player = play(4);
    if (expected === 'one-signer-only') player.hear(proposalOf(1, 1, 5));
    const error = player.hear(signed);
    equal(error, expected);
    equal(player.instance().decided !== null, expected === null);
  });
}

test('a partial signature message in a consensus topic is no consensus message', () => {
  const signed = prepareOf(2, 1, 5);
  equal(
    play(4).hear({ ...signed, message: { ...signed.message, type: 'partial-signature' } }),
    'message-type',
  );
});

test('bytes that are no message are refused, not thrown', () => {
  const signed = prepareOf(2, 1, 5);
  equal(play(4).hear({ ...signed, message: { ...signed.message, data: none } }), 'unmarshal');
});

test('full data of prepares, commits and empty round changes is not kept', () => {
  const player = play(4);
  const big = new Uint8Array(1000);
  player.hear(proposalOf(1, 1, 5));
  for (const signed of [prepareOf(2, 1, 5), commitOf(2, 1, 5), commitOf(3, 2, 6), roundChangeOf(2, 2)]) {
    player.hear({ ...signed, fullData: big });
  }
  const { prepares, commits, aside, roundChanges: kept } = player.instance();
  const lengths = [...prepares, ...commits, ...aside, ...kept].map(({ signed }) => signed.fullData.length);
  deepEqual(lengths, [0, 0, 0, 0]);
});
