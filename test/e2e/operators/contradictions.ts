/**
 * Lays the operators' slashing records side by side: two records of one validator that could not both be signed by an
 * honest validator are a contradiction, whichever operators hold them. Values in, sentences out.
 *
 * Records are EIP-3076 interchange documents in complete form, keyed by the validator's own key.
 */

interface SignedBlock {
  readonly slot: string;
  readonly signing_root?: string;
}

interface SignedAttestation {
  readonly source_epoch: string;
  readonly target_epoch: string;
  readonly signing_root?: string;
}

export interface Interchange {
  readonly data: readonly {
    readonly pubkey: string;
    readonly signed_blocks: readonly SignedBlock[];
    readonly signed_attestations: readonly SignedAttestation[];
  }[];
}

const surrounds = (a: SignedAttestation, b: SignedAttestation): boolean =>
  Number(a.source_epoch) < Number(b.source_epoch) && Number(b.target_epoch) < Number(a.target_epoch);

const judgeAttestations = (key: string, votes: readonly SignedAttestation[]): string[] => {
  const findings: string[] = [];
  const roots = new Map<string, Set<string>>();
  for (const { target_epoch, signing_root } of votes) {
    const ofTarget = roots.get(target_epoch) ?? new Set<string>();
    roots.set(target_epoch, ofTarget.add(signing_root ?? 'unknown'));
  }
  for (const [target, ofTarget] of roots) {
    if (ofTarget.size > 1)
      findings.push(`${key}: ${ofTarget.size} different votes for target epoch ${target}`);
  }
  const around = votes.find((a) => votes.some((b) => surrounds(a, b)));
  if (around !== undefined)
    findings.push(`${key}: a vote for target ${around.target_epoch} surrounds another`);
  return findings;
};

const judgeBlocks = (key: string, blocks: readonly SignedBlock[]): string[] => {
  const roots = new Map<string, Set<string>>();
  for (const { slot, signing_root } of blocks) {
    const ofSlot = roots.get(slot) ?? new Set<string>();
    roots.set(slot, ofSlot.add(signing_root ?? 'unknown'));
  }
  return [...roots]
    .filter(([, ofSlot]) => ofSlot.size > 1)
    .map(([slot]) => `${key}: different blocks for slot ${slot}`);
};

/** How much there was to compare; a comparison of nothing shows nothing. */
export const countRecords = (documents: readonly Interchange[]): number =>
  documents
    .flatMap(({ data }) => data)
    .reduce(
      (sum, { signed_blocks, signed_attestations }) =>
        sum + signed_blocks.length + signed_attestations.length,
      0,
    );

export const findContradictions = (documents: readonly Interchange[]): string[] => {
  const histories = documents.flatMap(({ data }) => data);
  return [...new Set(histories.map(({ pubkey }) => pubkey))].flatMap((key) => {
    const own = histories.filter(({ pubkey }) => pubkey === key);
    return [
      ...judgeAttestations(
        key,
        own.flatMap(({ signed_attestations }) => signed_attestations),
      ),
      ...judgeBlocks(
        key,
        own.flatMap(({ signed_blocks }) => signed_blocks),
      ),
    ];
  });
};
