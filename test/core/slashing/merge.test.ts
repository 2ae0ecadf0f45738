import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeAttestation } from '../../../src/core/slashing/attestation.ts';
import { judgeBlock } from '../../../src/core/slashing/block.ts';
import { mergeAttestation, mergeBlock, watermarkOf } from '../../../src/core/slashing/merge.ts';
import type { AttestationRecord, BlockRecord } from '../../../src/core/slashing/record.ts';

type Verdicts = ReturnType<typeof judgeAttestation>;

const judgeVote = (item: AttestationRecord, history: readonly AttestationRecord[]): Verdicts =>
  judgeAttestation(item, {
    sameTarget: history.filter((earlier) => earlier.target === item.target),
    surrounded:
      history.find((earlier) => earlier.source > item.source && earlier.target < item.target) ?? null,
    surrounding:
      history.find((earlier) => earlier.source < item.source && earlier.target > item.target) ?? null,
    minimum: minimumOf(history),
  });

const minimumOf = (history: readonly AttestationRecord[]): { source: number; target: number } | null =>
  history.length === 0
    ? null
    : {
        source: Math.min(...history.map((record) => record.source)),
        target: Math.min(...history.map((record) => record.target)),
      };

const judgeProposal = (item: BlockRecord, history: readonly BlockRecord[]): Verdicts =>
  judgeBlock(item, {
    sameSlot: history.filter((earlier) => earlier.slot === item.slot),
    minimum: history.length === 0 ? null : Math.min(...history.map((record) => record.slot)),
  });

/** A list as the storage merges into it. */
const mergedVotes = (history: readonly AttestationRecord[], imported: readonly AttestationRecord[]) => {
  let after = [...history];
  let raiseTo = -1;
  for (const record of imported) {
    const refused = judgeVote(record, history).type === 'slashable';
    const merge = mergeAttestation(record, minimumOf(history), refused);
    if (merge.type === 'store') after.push(merge.record);
    if (merge.type === 'raise') raiseTo = Math.max(raiseTo, merge.target);
  }
  if (raiseTo >= 0) {
    const watermark = watermarkOf(after.filter((record) => record.target <= raiseTo));
    assert.ok(watermark !== null);
    after = [...after.filter((record) => record.target > raiseTo), { ...watermark, target: raiseTo }];
  }
  return after;
};

const hex = (byte: number) =>
  `0x${String(byte).padStart(64, '0')}` as NonNullable<AttestationRecord['signingRoot']>;
const root = fc.constantFrom(hex(1), hex(2));
const maybeRoot = fc.option(root, { nil: null });
const epoch = fc.nat(9);
const votes = fc.array(fc.record({ source: epoch, target: epoch, signingRoot: maybeRoot }), { maxLength: 5 });
const proposals = fc.array(fc.record({ slot: epoch, signingRoot: maybeRoot }), { maxLength: 5 });

test('an import never permits a vote that was refused, and forbids what contradicts an imported record', () => {
  const seen = { refusedBefore: 0, forbiddenByImport: 0 };
  fc.assert(
    fc.property(
      votes,
      votes,
      fc.record({ source: epoch, target: epoch, signingRoot: root }),
      (history, imported, item) => {
        const before = judgeVote(item, history);
        const after = judgeVote(item, mergedVotes(history, imported));
        if (before.type === 'slashable') {
          seen.refusedBefore++;
          assert.equal(after.type, 'slashable');
        }
        const against = imported.filter((record) => judgeVote(item, [record]).type === 'slashable');
        const isRepeat = [...history, ...imported].some(
          (record) => judgeVote(item, [record]).type === 'same-data',
        );
        if (against.length > 0 && !isRepeat) {
          const collides = against.some((record) => {
            const verdict = judgeVote(item, [record]);
            return verdict.type === 'slashable' && verdict.rule !== 'below-minimum';
          });
          if (collides) {
            seen.forbiddenByImport++;
            assert.equal(after.type, 'slashable');
          }
        }
      },
    ),
    { numRuns: 4000 },
  );
  assert.ok(seen.refusedBefore > 100 && seen.forbiddenByImport > 100, JSON.stringify(seen));
});

test('an import forbids nothing but what contradicts it, what was refused, and old votes below an imported minimum', () => {
  fc.assert(
    fc.property(
      votes,
      votes,
      fc.record({ source: epoch, target: epoch, signingRoot: root }),
      (history, imported, item) => {
        fc.pre(history.length > 0);
        const isAllowedByBoth =
          judgeVote(item, history).type === 'safe' && judgeVote(item, imported).type === 'safe';
        if (isAllowedByBoth) assert.equal(judgeVote(item, mergedVotes(history, imported)).type, 'safe');
      },
    ),
    { numRuns: 4000 },
  );
});

test('an import of blocks never permits what was refused, and forbids every imported slot', () => {
  fc.assert(
    fc.property(
      proposals,
      proposals,
      fc.record({ slot: epoch, signingRoot: root }),
      (history, imported, item) => {
        const minimum = history.length === 0 ? null : Math.min(...history.map((record) => record.slot));
        const added = imported.map((record) =>
          mergeBlock(record, minimum, judgeProposal(record, history).type === 'slashable'),
        );
        const merged = [...history, ...added.filter((record) => record !== null)];
        const after = judgeProposal(item, merged);
        if (judgeProposal(item, history).type === 'slashable') assert.equal(after.type, 'slashable');
        const same = imported.filter((record) => record.slot === item.slot);
        if (same.length > 0) assert.notEqual(after.type, 'safe');
      },
    ),
    { numRuns: 4000 },
  );
});

test('a watermark refuses all that its records refuse', () => {
  fc.assert(
    fc.property(votes, fc.record({ source: epoch, target: epoch, signingRoot: root }), (history, item) => {
      const watermark = watermarkOf(history);
      if (watermark === null) return assert.equal(history.length, 0);
      const verdict = judgeVote(item, history);
      if (verdict.type === 'slashable') assert.equal(judgeVote(item, [watermark]).type, 'slashable');
    }),
    { numRuns: 4000 },
  );
});
