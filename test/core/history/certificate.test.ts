/**
 * Certificates and proofs: what is believed and what is folded.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateOf, judgeCertificate, messageOf } from '../../../src/core/history/certificate.ts';
import type { Certificate, Entry } from '../../../src/core/history/entry.ts';
import { checksOf, indexOfRoot, itemsOf, judgeEntry, rootUnder } from '../../../src/core/history/fold.ts';
import type { OperatorId } from '../../../src/core/ids.ts';
import { createFakeKeys, operatorSignature } from '../../fakes/signing.ts';
import {
  blockAt,
  committee,
  decided,
  domain,
  entryOf,
  keyAt,
  network,
  partialProof,
  registry,
  slotOf,
  voteAt,
  wholeProof,
} from './sample.ts';

const { verify } = createFakeKeys(1 as OperatorId);
const vote = voteAt(805);

test('a certificate is the same after a round through the message it was made of, signers in any order', () => {
  const message = messageOf(domain, vote);
  const turned = {
    ...message,
    operators: [...message.operators].reverse(),
    signatures: [...message.signatures].reverse(),
  };
  for (const one of [message, turned]) assert.deepEqual(certificateOf(domain, vote.duty, one), vote);
});

test('a message of another duty, or one that no honest operator would sign, has no compact form', () => {
  const message = messageOf(domain, vote);
  assert.equal(certificateOf(domain, { ...vote.duty, slot: slotOf(806) }, message), null);
  const stretched = { ...message, message: { ...message.message, data: message.message.data.slice(1) } };
  assert.equal(certificateOf(domain, vote.duty, stretched), null);
  assert.equal(certificateOf(domain, vote.duty, { ...message, fullData: new Uint8Array(112) }), null);
});

const spoilt: readonly (readonly [string, Certificate, RegExp])[] = [
  ['of two operators', voteAt(805, {}, [1, 2]), /less than a quorum/],
  ['that names one operator twice', voteAt(805, {}, [1, 2, 2]), /twice/],
  ['with a stranger', voteAt(805, {}, [1, 2, 9]), /outside the committee/],
  ['with another value', { ...vote, value: voteAt(805, { view: 'other' }).value }, /does not verify/],
  ['of another round', { ...vote, round: 2 }, /does not verify/],
  ['of another slot', { ...vote, duty: { ...vote.duty, slot: slotOf(806) } }, /does not verify/],
  [
    'with a short signature',
    { ...vote, signatures: vote.signatures.map((one) => one.slice(1)) },
    /does not verify/,
  ],
  [
    'signed under other words',
    { ...vote, signatures: vote.operators.map((operator) => operatorSignature(operator, new Uint8Array(3))) },
    /does not verify/,
  ],
];
for (const [what, certificate, why] of spoilt) {
  test(`a certificate ${what} is not believed`, () => {
    assert.match(judgeCertificate(domain, certificate, committee, verify) ?? 'believed', why);
  });
}

const judge = (entry: Entry): string | null => judgeEntry(network, domain, registry, entry, verify);

test('entries are believed with their committee, subject and value in order only', () => {
  assert.equal(judge(entryOf(vote, wholeProof(vote, 0))), null);
  assert.equal(judge(entryOf(blockAt(805, keyAt(1)))), null);
  const elsewhere = {
    ...vote,
    duty: { ...vote.duty, committee: `0x${'99'.repeat(32)}` as typeof committee.id },
  };
  assert.match(judge(entryOf(elsewhere)) ?? '', /unknown committee/);
  assert.match(judge(entryOf({ ...vote, duty: { ...vote.duty, validator: keyAt(0) } })) ?? '', /subject/);
  const block = blockAt(805, keyAt(1));
  assert.match(judge(entryOf({ ...block, duty: { ...block.duty, validator: null } })) ?? '', /subject/);
  assert.match(
    judge(entryOf({ ...block, duty: { ...block.duty, validator: keyAt(77) } })) ?? '',
    /subject|validator/,
  );
  assert.match(judge(entryOf(voteAt(805, { target: 999 }))) ?? '', /target/);
  assert.match(judge(entryOf(voteAt(805, { source: 101 }))) ?? '', /source/);
  assert.match(
    judge(entryOf(decided({ role: 'attestation', slot: slotOf(805) }, new Uint8Array(111)))) ?? '',
    /value/,
  );
  assert.match(judge(entryOf(blockAt(805, keyAt(1)), wholeProof(vote, 0))) ?? '', /proofs/);
});

test('a vote is folded for validators with a proof, a block for its validator', () => {
  assert.deepEqual(itemsOf(network, entryOf(vote)), []);
  assert.deepEqual(itemsOf(network, entryOf(vote, wholeProof(vote, 0), partialProof(vote, 2, [3]))), [
    { type: 'attestation', key: keyAt(0), source: 99, target: 100, signingRoot: rootUnder(network, vote, 0) },
    { type: 'attestation', key: keyAt(2), source: 99, target: 100, signingRoot: rootUnder(network, vote, 0) },
  ]);
  const block = blockAt(805, keyAt(1));
  assert.deepEqual(itemsOf(network, entryOf(block)), [
    { type: 'block', key: keyAt(1), slot: 805, signingRoot: rootUnder(network, block, 0) },
  ]);
  assert.deepEqual(itemsOf(network, entryOf(vote, { validator: keyAt(0), index: 0, claims: [] })), []);
});

test('claims are checked under the key of whoever makes them; what cannot be one is left out', () => {
  const shares = (entry: Entry) =>
    checksOf(network, registry, entry).map(({ check }) => check.share as string);
  assert.deepEqual(shares(entryOf(vote, wholeProof(vote, 1), partialProof(vote, 2, [1, 4]))), [
    keyAt(1),
    registry.validators.get(keyAt(2))?.shares.get(1 as OperatorId),
    registry.validators.get(keyAt(2))?.shares.get(4 as OperatorId),
  ]);
  const claims = [{ by: 77 as OperatorId, signature: new Uint8Array(96) }];
  assert.deepEqual(shares(entryOf(vote, { validator: keyAt(0), index: 0, claims })), []);
  // From Electra on there is one index.
  assert.deepEqual(shares(entryOf(vote, { ...wholeProof(vote, 0), index: 1 })), []);
  assert.deepEqual(shares(entryOf(vote, { ...wholeProof(vote, 0), validator: keyAt(77) })), []);
});

test('before electra the committee index is found from the root', () => {
  const before = {
    ...network,
    forks: network.forks.filter(({ name }) => name !== 'electra' && name !== 'deneb'),
  };
  const root = rootUnder(before, vote, 17);
  assert.equal(indexOfRoot(before, vote, root as NonNullable<typeof root>), 17);
  assert.equal(indexOfRoot(network, vote, root as NonNullable<typeof root>), null);
});
