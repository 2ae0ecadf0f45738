/**
 * Looks for anything on the chain that could be slashed: two votes of one validator for one target or around each other,
 * two blocks for one slot, and slashings that somebody else already found. Values in, findings out.
 */
import type { AttestationData, Block, EpochDuties } from './beacon-api.ts';
import { type Blocks, bitAt } from './tally.ts';

interface Vote {
  readonly source: number;
  readonly target: number;
  readonly text: string;
}

const voteOf = (data: AttestationData): Vote => ({
  source: Number(data.source.epoch),
  target: Number(data.target.epoch),
  text: JSON.stringify(data),
});

const contradict = (a: Vote, b: Vote): boolean =>
  (a.target === b.target && a.text !== b.text) ||
  (a.source < b.source && b.target < a.target) ||
  (b.source < a.source && a.target < b.target);

const votesByValidator = (duties: readonly EpochDuties[], blocks: Blocks): Map<number, Vote[]> => {
  const votes = new Map<number, Vote[]>();
  const attestations = [...blocks.values()].flatMap(({ body }) => body.attestations);
  for (const duty of duties.flatMap(({ attesters }) => attesters)) {
    const seen = attestations.filter(
      ({ data, aggregation_bits }) =>
        Number(data.slot) === duty.slot &&
        Number(data.index) === duty.committeeIndex &&
        bitAt(aggregation_bits, duty.position),
    );
    votes.set(duty.validator, [
      ...(votes.get(duty.validator) ?? []),
      ...seen.map(({ data }) => voteOf(data)),
    ]);
  }
  return votes;
};

const slashingsIn = (blocks: readonly Block[]): string[] =>
  blocks
    .filter(({ body }) => body.proposer_slashings.length + body.attester_slashings.length > 0)
    .map(({ slot }) => `the block of slot ${slot} carries a slashing`);

/** One sentence for each finding; none means nothing slashable is on the canonical chain. */
export const findSlashable = (duties: readonly EpochDuties[], blocks: Blocks): string[] => {
  const findings = slashingsIn([...blocks.values()]);
  for (const [validator, votes] of votesByValidator(duties, blocks)) {
    const pair = votes.flatMap((a, i) => votes.slice(i + 1).filter((b) => contradict(a, b)))[0];
    if (pair !== undefined)
      findings.push(`validator ${validator} contradicted itself for target ${pair.target}`);
  }
  return findings;
};
