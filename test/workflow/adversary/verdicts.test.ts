/**
 * Verdicts on what a lying operator sends: the same at every honest node whatever it has seen, so that nobody honest is held
 * to account for passing a lie on; and no lie pushes out what is true.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import { toHex } from '../../../src/core/bytes.ts';
import { isWireError } from '../../../src/core/wire/errors.ts';
import { decodeQbftMessage, type QbftMessage } from '../../../src/core/wire/qbft-message.ts';
import { encodeSigned, type SignedMessage } from '../../../src/core/wire/signed.ts';
import { createRegistry } from '../../simulation/world/cluster.ts';
import { attestationOf } from '../../simulation/world/requests.ts';
import {
  cast,
  createVoter,
  dutyOf,
  eth2,
  firstSlot,
  lettersOf,
  operator,
  proposalOf,
  type SingleNode,
  voteOf,
} from './harness.ts';

const registry = createRegistry(4, 1);
const duty = dutyOf(registry, 'attestation', firstSlot);
const letters = lettersOf(registry);
const root = digest(voteOf(firstSlot, 0));
const { leader, first, second } = cast;
const liar = leader;

const proposal = (view: number): SignedMessage => proposalOf(registry, duty, view);
/** Roots that this node has prepared. */
const preparedRoots = (node: SingleNode): string[] =>
  node.published().flatMap(({ message }) => {
    const ballot = decodeQbftMessage(message.data);
    return isWireError(ballot) || ballot.type !== 'prepare' ? [] : [toHex(ballot.root)];
  });

test('what one operator forwards of a leader that proposes two values is not held against it by another', async () => {
  const [a, b] = [await createVoter(first, { asks: true }), await createVoter(second, { asks: true })];
  assert.equal(a.receive(proposal(0)), 'urgent');
  assert.equal(b.receive(proposal(1)), 'urgent');
  assert.equal(b.receive(proposal(0)), 'ignore');
  assert.ok(b.trace.some((event) => event.type === 'equivocation' && event.from === leader));
});

test('a proposal that waits for our client is prepared once it asks', async () => {
  const node = await createVoter(first);
  assert.equal(node.receive(proposal(0)), 'urgent');
  node.ask(attestationOf(eth2, firstSlot, 0));
  await node.runTo(firstSlot, 60);
  assert.deepEqual(preparedRoots(node), [toHex(root)]);
});

test('a waiting proposal is not replaced by its copy with another value, which anyone can make', async () => {
  const node = await createVoter(first);
  assert.equal(node.receive(proposal(0)), 'urgent');
  // An operator's signature covers the root, not the value behind it.
  assert.equal(node.receive({ ...proposal(0), fullData: voteOf(firstSlot, 1) }), 'reject');
  node.ask(attestationOf(eth2, firstSlot, 0));
  await node.runTo(firstSlot, 60);
  assert.deepEqual(preparedRoots(node), [toHex(root)]);
});

test('a second proposal of a round does not replace the one that waits, and is not forwarded', async () => {
  const node = await createVoter(first);
  assert.equal(node.receive(proposal(0)), 'urgent');
  assert.equal(node.receive(proposal(1)), 'ignore');
  node.ask(attestationOf(eth2, firstSlot, 0));
  await node.runTo(firstSlot, 60);
  assert.deepEqual(preparedRoots(node), [toHex(root)]);
});

/** Letters that an honest node may have accepted while it knew less than another. */
const lies: readonly (readonly [string, () => SignedMessage])[] = [
  [
    'a proposal whose value is not that of its root',
    () => ({ ...proposal(0), fullData: voteOf(firstSlot, 1) }),
  ],
  [
    'a proposal of round 2 that nothing justifies',
    () => letters.consensus(duty, [cast.next], { type: 'proposal', round: 2, root }, voteOf(firstSlot, 0)),
  ],
  [
    'a commit that carries a prepared round',
    () => letters.consensus(duty, [liar], { type: 'commit', dataRound: 1, root }),
  ],
  [
    'a hint with a certificate made of prepares',
    () => {
      const prepare = letters.consensus(duty, [liar], { type: 'prepare', root });
      const [signature] = prepare.signatures as [Uint8Array];
      const signatures = [signature, signature, signature];
      return letters.hint(
        duty,
        liar,
        encodeSigned({ ...prepare, operators: [1, 2, 3].map(operator), signatures }),
        1,
      );
    },
  ],
  [
    'a prepare for another value',
    () => letters.consensus(duty, [liar], { type: 'prepare', root: digest(root) }),
  ],
  [
    'a commit for another value',
    () => letters.consensus(duty, [liar], { type: 'commit', root: digest(root) }),
  ],
];

/** From knowing nothing to having prepared. */
const stages: readonly (readonly [string, () => Promise<SingleNode>])[] = [
  ['nothing', () => createVoter(first)],
  ["our client's vote", () => createVoter(first, { asks: true })],
  [
    'the proposal alone',
    async () => {
      const node = await createVoter(first);
      node.receive(proposal(0));
      return node;
    },
  ],
  [
    'the proposal and our vote',
    async () => {
      const node = await createVoter(first, { asks: true });
      node.receive(proposal(0));
      await node.runTo(firstSlot, 60);
      return node;
    },
  ],
];

for (const [name, make] of lies) {
  test(`${name} is rejected by all or by none, whatever they have seen`, async () => {
    const verdicts = await Promise.all(stages.map(async ([, stage]) => (await stage()).receive(make())));
    const rejecting = verdicts.filter((verdict) => verdict === 'reject').length;
    const shown = stages.map(([stage], at) => `${stage}: ${verdicts[at]}`).join('; ');
    assert.ok(rejecting === 0 || rejecting === verdicts.length, shown);
  });
}

test('copies of an honest prepare with junk as its value, which anyone can make, are not forwarded', async () => {
  const node = await createVoter(first, { asks: true });
  node.receive(proposal(0));
  const prepare = letters.consensus(duty, [second], { type: 'prepare', root });
  const verdicts = new Set(
    Array.from({ length: 20 }, (_, at) =>
      node.receive({ ...prepare, fullData: new Uint8Array(10_000).fill(at) }),
    ),
  );
  assert.deepEqual([...verdicts], ['reject']);
  assert.equal(node.receive(prepare), 'accept', 'the true one still counts');
});

test("one operator's round changes, prepares and hints are not forwarded without end", async () => {
  const node = await createVoter(first, { asks: true });
  const rootOf = (at: number): Uint8Array => digest(Uint8Array.of(at, at >> 8));
  const accepted = (make: (at: number) => SignedMessage): number =>
    Array.from({ length: 300 }, (_, at) => node.receive(make(at))).filter((verdict) => verdict !== 'ignore')
      .length;
  const ballot = (type: QbftMessage['type'], round: number) => (at: number) =>
    letters.consensus(duty, [liar], { type, round, root: rootOf(at) });
  assert.deepEqual(
    {
      roundChanges: accepted((at) =>
        letters.consensus(duty, [liar], { type: 'round-change', round: at + 2 }),
      ),
      prepares: accepted(ballot('prepare', 1)),
      commits: accepted(ballot('commit', 1)),
      hints: accepted((at) => letters.hint(duty, liar, voteOf(firstSlot, at))),
    },
    { roundChanges: 11, prepares: 1, commits: 1, hints: 1 },
  );
});
