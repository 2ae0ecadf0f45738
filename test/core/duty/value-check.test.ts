/**
 * The checks of a proposed value, one row a rule.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '../../../src/core/bytes.ts';
import type { DutyKey } from '../../../src/core/duty/duty.ts';
import {
  type DecidedSignable,
  encodeHeader,
  proposedValue,
  valueBytesMax,
} from '../../../src/core/duty/value.ts';
import { checkValue, type ValueContext } from '../../../src/core/duty/value-check.ts';
import type { Epoch, Slot } from '../../../src/core/ids.ts';
import { encodeVote } from '../../../src/core/wire/beacon-vote.ts';
import { attestationOf, blockOf, rootOf } from '../../simulation/world/requests.ts';

import {
  aggregate,
  changed,
  context,
  contribution,
  dutyOf,
  header,
  network,
  ownAggregate,
  ownBlock,
  ownContribution,
  ownVote,
  slot,
  target,
  vote,
} from './values.ts';

const rows: readonly [string, DutyKey, Uint8Array, ValueContext, 'acceptable' | 'pending' | RegExp][] = [
  ['a vote that others vouch for', dutyOf('attestation'), encodeVote(vote()), context(), 'acceptable'],
  [
    'a vote that nobody vouches for',
    dutyOf('attestation'),
    encodeVote(vote()),
    context({ vouched: false }),
    'pending',
  ],
  [
    'a vote like our own',
    dutyOf('attestation'),
    encodeVote(vote()),
    context({ vouched: false, own: ownVote }),
    'acceptable',
  ],
  [
    'another head than our own',
    dutyOf('attestation'),
    encodeVote(vote({ beaconBlockRoot: rootOf(9) })),
    context({ own: ownVote }),
    'acceptable',
  ],
  [
    'a target of another epoch',
    dutyOf('attestation'),
    encodeVote(vote({ target: { epoch: 101 as Epoch, root: rootOf(3) } })),
    context(),
    /target/,
  ],
  [
    'a source after its target',
    dutyOf('attestation'),
    encodeVote(vote({ source: { epoch: 101 as Epoch, root: rootOf(2) } })),
    context(),
    /source is after/,
  ],
  [
    'a source equal to its target',
    dutyOf('attestation'),
    encodeVote(vote({ source: { epoch: target, root: rootOf(2) } })),
    context(),
    /not before/,
  ],
  [
    'source and target both at genesis',
    dutyOf('attestation', 3 as Slot),
    encodeVote(
      vote({
        source: { epoch: 0 as Epoch, root: rootOf(2) },
        target: { epoch: 0 as Epoch, root: rootOf(2) },
      }),
    ),
    context(),
    'acceptable',
  ],
  [
    'another source epoch than our own',
    dutyOf('attestation'),
    encodeVote(vote({ source: { epoch: 98 as Epoch, root: rootOf(2) } })),
    context({ own: ownVote }),
    /source differs/,
  ],
  [
    'another source root, strictly',
    dutyOf('attestation'),
    encodeVote(vote({ source: { epoch: 99 as Epoch, root: rootOf(8) } })),
    context({ own: ownVote }),
    /source differs/,
  ],
  [
    'another source root, leniently',
    dutyOf('attestation'),
    encodeVote(vote({ source: { epoch: 99 as Epoch, root: rootOf(8) } })),
    context({ own: ownVote, strictness: 'lenient' }),
    'acceptable',
  ],
  [
    'another target root, strictly',
    dutyOf('attestation'),
    encodeVote(vote({ target: { epoch: target, root: rootOf(8) } })),
    context({ own: ownVote }),
    /target differs/,
  ],
  [
    'another target root, leniently',
    dutyOf('attestation'),
    encodeVote(vote({ target: { epoch: target, root: rootOf(8) } })),
    context({ own: ownVote, strictness: 'lenient' }),
    'acceptable',
  ],
  ['a vote cut short', dutyOf('attestation'), encodeVote(vote()).subarray(1), context(), /not a vote/],
  [
    'a vote that slashing protection forbids',
    dutyOf('attestation'),
    encodeVote(vote()),
    context({ forbidden: () => true }),
    /slashing/,
  ],
  ['nothing at all', dutyOf('attestation'), new Uint8Array(0), context(), /empty or too long/],
  [
    'more than any value',
    dutyOf('aggregate'),
    new Uint8Array(valueBytesMax + 1),
    context(),
    /empty or too long/,
  ],
  ['a block root', dutyOf('sync-message'), fromHex(rootOf(1)), context(), 'acceptable'],
  ['half a block root', dutyOf('sync-message'), new Uint8Array(31), context(), /not a block root/],
  ['a block header', dutyOf('block'), encodeHeader(header()), context(), 'acceptable'],
  [
    'another body than our own',
    dutyOf('block'),
    encodeHeader(header({ bodyRoot: rootOf(9) })),
    context({ own: ownBlock }),
    'acceptable',
  ],
  [
    'a header of another slot',
    dutyOf('block'),
    encodeHeader(header({ slot: 801 as Slot })),
    context(),
    /another slot/,
  ],
  [
    'another proposer than our own',
    dutyOf('block'),
    encodeHeader(header({ proposerIndex: 8 })),
    context({ own: ownBlock }),
    /proposer/,
  ],
  [
    'a header cut short',
    dutyOf('block'),
    encodeHeader(header()).subarray(1),
    context(),
    /not a block header/,
  ],
  ['an aggregate', dutyOf('aggregate'), aggregate(), context(), 'acceptable'],
  ['an aggregate of another slot', dutyOf('aggregate'), aggregate({ slot: 801 }), context(), /another slot/],
  [
    'an aggregate of another aggregator',
    dutyOf('aggregate'),
    aggregate({ aggregator: 8 }),
    context({ own: ownAggregate }),
    /aggregator index/,
  ],
  [
    'an aggregate with another selection proof',
    dutyOf('aggregate'),
    aggregate({ proof: 5 }),
    context({ own: ownAggregate }),
    /selection proof/,
  ],
  [
    'an aggregate like our own but for its bits',
    dutyOf('aggregate'),
    changed(aggregate(), 344),
    context({ own: ownAggregate, vouched: false }),
    'acceptable',
  ],
  [
    'an aggregate that is too short',
    dutyOf('aggregate'),
    aggregate().subarray(0, 300),
    context(),
    /not an aggregate/,
  ],
  [
    'an aggregate with a wrong offset',
    dutyOf('aggregate'),
    changed(aggregate(), 8),
    context(),
    /not an aggregate/,
  ],
  ['a contribution', dutyOf('contribution'), contribution(slot, 1), context(), 'acceptable'],
  ['a contribution of another slot', dutyOf('contribution'), contribution(801, 1), context(), /another slot/],
  [
    'a contribution of another subcommittee',
    dutyOf('contribution'),
    contribution(slot, 2),
    context(),
    /another subcommittee/,
  ],
  [
    'a contribution like our own but for its bits',
    dutyOf('contribution'),
    contribution(slot, 1, 7),
    context({ own: ownContribution }),
    'acceptable',
  ],
  [
    'a contribution of another aggregator',
    dutyOf('contribution'),
    changed(contribution(slot, 1), 0),
    context({ own: ownContribution }),
    /aggregator index/,
  ],
  [
    'a contribution with another selection proof',
    dutyOf('contribution'),
    changed(contribution(slot, 1), 248),
    context({ own: ownContribution }),
    /selection proof/,
  ],
  [
    'a contribution that is too short',
    dutyOf('contribution'),
    new Uint8Array(100),
    context(),
    /not a contribution/,
  ],
];

for (const [name, duty, value, given, expected] of rows) {
  test(`${duty.role}: ${name}`, () => {
    const verdict = checkValue(duty, value, given);
    if (typeof expected === 'string') assert.equal(verdict.type, expected, JSON.stringify(verdict));
    else {
      assert.equal(verdict.type, 'unacceptable');
      if (verdict.type === 'unacceptable') assert.match(verdict.why, expected);
    }
  });
}

test('a number beyond 2^53 makes a vote or a header unreadable, not another number', () => {
  const huge = encodeVote(vote());
  huge.fill(0xff, 32, 40);
  assert.equal(checkValue(dutyOf('attestation'), huge, context()).type, 'unacceptable');
  const block = encodeHeader(header());
  block.fill(0xff, 8, 16);
  assert.equal(checkValue(dutyOf('block'), block, context()).type, 'unacceptable');
});

test('what clients ask is what their values say', () => {
  for (const signable of [attestationOf(network, slot, 1), blockOf(slot, 2)] as DecidedSignable[]) {
    assert.equal(
      checkValue(dutyOf(signable.type), proposedValue(signable), context({ own: signable, vouched: false }))
        .type,
      'acceptable',
    );
  }
});
