/**
 * From decided history to slashing protection: what a validator signed, by certificates and proofs alone.
 *
 * Folding rule. A block is folded for the validator that its certificate names. A vote is folded for a validator only with a
 * claim that verifies: the validator's own signature, or one operator's partial signature under its share key. One claim is
 * enough, since the one honest operator that remembers may be the only one that signed (README, Decided history). So a lying
 * peer can make us fold a vote that its own share signed, for a validator of that committee, under a certificate that exists:
 * that costs the validator our share in the epoch of that certificate. An epoch that was not decided cannot be folded at all.
 */
import { signableOf } from '../duty/value.ts';
import type { Network } from '../eth2/network.ts';
import { rootsOf } from '../eth2/signing-root.ts';
import { epochOf, isFrom } from '../eth2/slots.ts';
import type { Root, ShareKey } from '../ids.ts';
import type { Committee, Registry } from '../registry/committee.ts';
import type { SlashingItem } from '../slashing/item.ts';
import type { PartialCheck } from '../threshold/job.ts';
import { judgeCertificate, type VerifyOperator } from './certificate.ts';
import { type Certificate, type Claim, type Entry, type Proof, wholeCluster } from './entry.ts';

/** Committee indices that a vote before Electra can have (MAX_COMMITTEES_PER_SLOT). */
const indicesMax = 64;

/** What is wrong with the value for its slot; null: it can be signed under. Decided values passed this at honest operators. */
export const judgeValue = (network: Network, { duty, value }: Certificate): string | null => {
  const signable = signableOf(duty, value, 0);
  if (signable === null) return 'its value is not one of its role';
  if (signable.type === 'attestation') {
    const { source, target } = signable.vote;
    if (target.epoch !== epochOf(network, duty.slot)) return "its target is not its slot's epoch";
    if (source.epoch > target.epoch) return 'its source is after its target';
  }
  if (signable.type === 'block' && signable.header.slot !== duty.slot) return 'its block is of another slot';
  return null;
};

/** The signing root of a vote or block under a certificate. Call after judgeValue; null for other roles. */
export const rootUnder = (network: Network, { duty, value }: Certificate, index: number): Root | null => {
  const signable = signableOf(duty, value, index);
  if (signable?.type !== 'attestation' && signable?.type !== 'block') return null;
  return rootsOf(network, signable).signingRoot;
};

/** The committee index under which this vote has this root; null where it has not. */
export const indexOfRoot = (network: Network, certificate: Certificate, root: Root): number | null => {
  const isIndexed = !isFrom(network, 'electra', epochOf(network, certificate.duty.slot));
  for (let index = 0; index < (isIndexed ? indicesMax : 1); index++) {
    if (rootUnder(network, certificate, index) === root) return index;
  }
  return null;
};

/** null: a certificate of a known committee, of its validator where it names one, with a sound value, decided by a quorum. */
export const judgeEntry = (
  network: Network,
  domain: Uint8Array,
  registry: Registry,
  { certificate, proofs }: Entry,
  verify: VerifyOperator,
): string | null => {
  const { duty } = certificate;
  const committee: Committee | undefined = registry.committees.get(duty.committee);
  if (committee === undefined) return 'of an unknown committee';
  const isShared = duty.role === 'attestation' || duty.role === 'sync-message';
  if (isShared !== (duty.validator === null)) return 'its subject does not fit its role';
  if (duty.validator !== null && registry.validators.get(duty.validator)?.committee !== committee.id)
    return 'its validator is not of the committee';
  if (proofs.length > 0 && duty.role !== 'attestation') return 'proofs without a vote';
  return judgeValue(network, certificate) ?? judgeCertificate(domain, certificate, committee, verify);
};

export interface ClaimCheck {
  readonly proof: Proof;
  readonly claim: Claim;
  readonly check: PartialCheck;
}

/** The signature checks behind the proofs of a judged entry; what cannot be a claim of this committee is left out. */
export const checksOf = (
  network: Network,
  registry: Registry,
  { certificate, proofs }: Entry,
): readonly ClaimCheck[] =>
  proofs.flatMap((proof) => {
    const validator = registry.validators.get(proof.validator);
    if (validator?.committee !== certificate.duty.committee) return [];
    if (!Number.isInteger(proof.index) || proof.index < 0 || proof.index >= indicesMax) return [];
    const isIndexed = !isFrom(network, 'electra', epochOf(network, certificate.duty.slot));
    const signingRoot = !isIndexed && proof.index > 0 ? null : rootUnder(network, certificate, proof.index);
    if (signingRoot === null) return [];
    return proof.claims.flatMap((claim) => {
      const share =
        claim.by === wholeCluster ? (validator.key as string as ShareKey) : validator.shares.get(claim.by);
      return share === undefined
        ? []
        : [{ proof, claim, check: { share, signingRoot, signature: claim.signature } }];
    });
  });

/** What slashing protection learns from an entry whose certificate was judged and whose claims all verify. */
export const itemsOf = (network: Network, { certificate, proofs }: Entry): readonly SlashingItem[] => {
  const { duty, value } = certificate;
  const blockRoot = duty.role === 'block' ? rootUnder(network, certificate, 0) : null;
  if (blockRoot !== null && duty.validator !== null)
    return [{ type: 'block', key: duty.validator, slot: duty.slot, signingRoot: blockRoot }];
  return proofs.flatMap(({ validator, index, claims }): readonly SlashingItem[] => {
    const signable = signableOf(duty, value, index);
    if (signable?.type !== 'attestation' || claims.length === 0) return [];
    const { source, target } = signable.vote;
    const { signingRoot } = rootsOf(network, signable);
    return [{ type: 'attestation', key: validator, source: source.epoch, target: target.epoch, signingRoot }];
  });
};
