/**
 * Every guard of a proposal alone: one that is right but for one thing, and the reason for which it is refused.
 */
import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { QbftErrorCode } from '../../../src/core/qbft/state.ts';
import type { SignedMessage } from '../../../src/core/wire/signed.ts';
import { otherIdentifier, valueBytes } from '../../simulation/core/forge.ts';
import {
  bareQuorum,
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
  refused,
  rootOf,
  roundChangeOf,
  sign,
  signBadly,
} from './committee.ts';

const justified = (roundChanges: readonly SignedMessage[], prepares: readonly SignedMessage[] = []) => ({
  roundChangeJustification: encode(roundChanges),
  prepareJustification: encode(prepares),
});

/** A proposal of 5 in round 3 by its leader, on these round changes and prepares. */
const proposal3 = (
  roundChanges: readonly SignedMessage[],
  prepares: readonly SignedMessage[] = [],
): SignedMessage => proposalOf(3, 3, 5, justified(roundChanges, prepares));

/** Round changes of round 3 of which one claims that 5 was prepared in round 2, by these prepares. */
const claimed = (prepares: readonly SignedMessage[], rest = {}): SignedMessage[] => [
  preparedOf(1, 3, 2, 5, { roundChangeJustification: encode(prepares), ...rest }),
  roundChangeOf(2, 3),
  roundChangeOf(3, 3),
];

const good = preparesOf(2, 5);
const [first, second] = good as [SignedMessage, SignedMessage];
const swap = (third: SignedMessage): SignedMessage[] => [first, second, third];

type Row = readonly [name: string, expected: QbftErrorCode | null, signed: SignedMessage];

const proposals: readonly Row[] = [
  ['of the leader of round 1', null, proposalOf(1, 1, 5)],
  ['of another operator', 'not-leader', proposalOf(2, 1, 5)],
  ['of the leader of another round', 'not-leader', proposalOf(1, 3, 5, justified(bareQuorum(3)))],
  ['of a value that we refuse', 'value-refused', proposalOf(1, 1, refused)],
  ['whose value does not hash to its root', 'full-data-hash', proposalOf(1, 1, 5, { root: rootOf(6) })],
  ['of another slot', 'wrong-height', proposalOf(1, 1, 5, { height: 32 })],
  ['of another duty', 'identifier', proposalOf(1, 1, 5, { identifier: otherIdentifier })],
  [
    'in an envelope of another duty',
    'identifier',
    sign(operator(1), message('proposal', 1, { root: rootOf(5) }), valueBytes(5), otherIdentifier),
  ],
  [
    'of two signers',
    'one-signer-only',
    {
      ...merge([proposalOf(1, 1, 5), proposalOf(1, 1, 5)], valueBytes(5)),
      operators: [operator(1), operator(2)],
    },
  ],
  ['of nobody', 'no-signers', { ...proposalOf(1, 1, 5), operators: [], signatures: [] }],
  ['on a quorum of round changes that prepared nothing', null, proposal3(bareQuorum(3))],
  ['on too few round changes', 'no-round-change-quorum', proposal3(bareQuorum(3).slice(1))],
  ['on none', 'no-round-change-quorum', proposalOf(3, 3, 5)],
  [
    'on round changes of one operator',
    'no-round-change-quorum',
    proposal3([1, 1, 1].map((by) => roundChangeOf(by, 3))),
  ],
  ['on round changes of another round', 'wrong-round', proposal3(bareQuorum(2))],
  ['on prepares in place of round changes', 'message-type', proposal3(preparesOf(3, 5))],
  [
    'on a round change with a false signature',
    'justification-signature',
    proposal3([...bareQuorum(3).slice(1), signBadly(operator(4), message('round-change', 3), none)]),
  ],
  [
    'on a round change of another slot',
    'wrong-height',
    proposal3([...bareQuorum(3).slice(1), roundChangeOf(4, 3, { height: 32 })]),
  ],
  [
    'on a round change of another duty',
    'identifier',
    proposal3([...bareQuorum(3).slice(1), roundChangeOf(4, 3, { identifier: otherIdentifier })]),
  ],
  [
    'on a round change of a stranger',
    'signer-not-in-committee',
    proposal3([...bareQuorum(3).slice(1), roundChangeOf(5, 3)]),
  ],
  [
    'on bytes that are no message',
    'unmarshal',
    proposalOf(3, 3, 5, { roundChangeJustification: [valueBytes(1).slice(0, 3)] }),
  ],
  ['of the highest prepared value with its proof', null, proposal3(claimed(good), good)],
  ['of a prepared value without its proof', 'no-prepare-quorum', proposal3(claimed(good))],
  [
    'of a prepared value with proof of another round',
    'prepares-invalid',
    proposal3(claimed(good), preparesOf(1, 5)),
  ],
  [
    'of another value than the prepared one',
    'locked-value',
    proposalOf(3, 3, 6, justified(claimed(good), good)),
  ],
  [
    'of the value that was prepared in a lower round than another',
    'locked-value',
    proposalOf(
      3,
      3,
      6,
      justified([preparedOf(1, 3, 1, 6), preparedOf(2, 3, 2, 5), roundChangeOf(3, 3)], preparesOf(1, 6)),
    ),
  ],
  [
    'of the highest prepared value, though another was prepared lower',
    null,
    proposal3([preparedOf(1, 3, 1, 6), preparedOf(2, 3, 2, 5), roundChangeOf(3, 3)], good),
  ],
  ['on too few prepares in a round change', 'no-prepare-quorum', proposal3(claimed(good.slice(1)), good)],
  ['on prepares of one operator', 'no-prepare-quorum', proposal3(claimed([first, first, first]), good)],
  ['on a prepare of another round', 'wrong-round', proposal3(claimed(swap(prepareOf(4, 1, 5))), good)],
  ['on a prepare of another value', 'root-differs', proposal3(claimed(swap(prepareOf(4, 2, 6))), good)],
  ['on a commit in place of a prepare', 'message-type', proposal3(claimed(swap(commitOf(4, 2, 5))), good)],
  [
    'on a prepare of another slot',
    'wrong-height',
    proposal3(claimed(swap(prepareOf(4, 2, 5, { height: 32 }))), good),
  ],
  [
    'on a prepare of another duty',
    'identifier',
    proposal3(claimed(swap(prepareOf(4, 2, 5, { identifier: otherIdentifier }))), good),
  ],
  [
    'on a prepare of a stranger',
    'signer-not-in-committee',
    proposal3(claimed(swap(prepareOf(5, 2, 5))), good),
  ],
  ['on a prepare of two signers', 'one-signer-only', proposal3(claimed(swap(merge(good.slice(1)))), good)],
  [
    'on a prepare of nobody',
    'no-signers',
    proposal3(claimed(swap({ ...first, operators: [], signatures: [] })), good),
  ],
  [
    'on a prepare with a false signature',
    'justification-signature',
    proposal3(claimed(swap(signBadly(operator(4), message('prepare', 2, { root: rootOf(5) }), none))), good),
  ],
  [
    'on a value prepared in the same round',
    'prepared-round',
    proposal3(claimed(preparesOf(3, 5), { dataRound: 3 }), preparesOf(3, 5)),
  ],
  [
    'on a value prepared in a later round',
    'prepared-round',
    proposal3(claimed(preparesOf(7, 5), { dataRound: 7 }), preparesOf(7, 5)),
  ],
];

for (const [name, expected, signed] of proposals) {
  test(`a proposal ${name} is ${expected === null ? 'accepted' : `refused: ${expected}`}`, () => {
    const player = play(4);
    equal(player.hear(signed), expected);
    equal(player.instance().accepted !== null, expected === null);
    equal(
      player.said().some((text) => text.startsWith('prepare')),
      expected === null,
    );
  });
}
