/**
 * The edges of the rules: what lies exactly on a minimum, and records without a root.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AttestationEvidence, judgeAttestation } from '../../../src/core/slashing/attestation.ts';
import { judgeBlock } from '../../../src/core/slashing/block.ts';
import type { AttestationRecord, BlockRecord } from '../../../src/core/slashing/record.ts';

const root = (name: string) => `0x${name.repeat(64)}` as AttestationRecord['signingRoot'];
const vote = (source: number, target: number, signingRoot = root('a')): AttestationRecord =>
  ({ source, target, signingRoot }) as AttestationRecord;
const seen = (more: Partial<AttestationEvidence>): AttestationEvidence => ({
  sameTarget: [],
  surrounded: null,
  surrounding: null,
  minimum: null,
  ...more,
});
const minimum = { source: 5, target: 8 } as AttestationEvidence['minimum'];

const votes: readonly [string, AttestationRecord, AttestationEvidence, string][] = [
  ['a source on the minimum', vote(5, 9), seen({ minimum }), 'safe'],
  ['a source below the minimum', vote(4, 9), seen({ minimum }), 'below-minimum'],
  ['a target on the minimum', vote(5, 8), seen({ minimum }), 'below-minimum'],
  ['a target above the minimum', vote(5, 9), seen({ minimum }), 'safe'],
  [
    'a vote without a root over one without a root',
    vote(5, 9, null),
    seen({ sameTarget: [vote(5, 9, null)] }),
    'double-vote',
  ],
  [
    'a vote with a root over one without',
    vote(5, 9),
    seen({ sameTarget: [vote(5, 9, null)] }),
    'double-vote',
  ],
  ['the same root', vote(5, 9), seen({ sameTarget: [vote(5, 9)] }), 'same-data'],
  ['the same root with another source', vote(6, 9), seen({ sameTarget: [vote(5, 9)] }), 'double-vote'],
];
for (const [name, item, evidence, expected] of votes) {
  test(`attestation: ${name} is ${expected}`, () => {
    const verdict = judgeAttestation(item, evidence);
    assert.equal(verdict.type === 'slashable' ? verdict.rule : verdict.type, expected);
  });
}

const block = (slot: number, signingRoot = root('a')): BlockRecord => ({ slot, signingRoot }) as BlockRecord;
const blocks: readonly [string, BlockRecord, readonly BlockRecord[], number | null, string][] = [
  ['a slot on the minimum', block(8), [], 8, 'below-minimum'],
  ['a slot above the minimum', block(9), [], 8, 'safe'],
  ['a block without a root over one without a root', block(9, null), [block(9, null)], 8, 'double-block'],
  ['the same root', block(9), [block(9)], 8, 'same-data'],
  ['the same root on the minimum', block(8), [block(8)], 8, 'same-data'],
];
for (const [name, item, sameSlot, lowest, expected] of blocks) {
  test(`block: ${name} is ${expected}`, () => {
    const verdict = judgeBlock(item, { sameSlot, minimum: lowest });
    assert.equal(verdict.type === 'slashable' ? verdict.rule : verdict.type, expected);
  });
}
