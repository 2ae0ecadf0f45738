/**
 * Signing for validators that our own client did not ask for, so that a duty survives when clients or beacon nodes are down.
 *
 * Data that cannot slash is signed as soon as it is decided and one peer has sent its partial. For slashable data f + 1
 * other operators' partials must have arrived and verify under their share keys: then at least one honest operator's client
 * asked for this validator, and a single liar cannot spend the validator's one vote of an epoch.
 */
import type { DutyKey } from '../core/duty/duty.ts';
import { signableOf } from '../core/duty/value.ts';
import type { Network } from '../core/eth2/network.ts';
import type { Signable, SigningRoots } from '../core/eth2/signable.ts';
import { epochOf, isFrom } from '../core/eth2/slots.ts';
import type { Committee, Validator } from '../core/registry/committee.ts';
import type { Entry } from './combining.ts';
import type { Partials } from './partials.ts';
import type { Combiner, OperatorKeys } from './ports.ts';
import type { Report } from './report.ts';
import { computeRoots } from './roots.ts';
import type { Shares } from './shares.ts';

/** Attestation committees per slot, at most (MAX_COMMITTEES_PER_SLOT): the indices that a pre-Electra vote can have. */
const committeesPerSlotMax = 64;

interface PassiveDuty {
  readonly key: DutyKey;
  readonly committee: Committee;
  readonly endMs: number;
}

export interface PassivePorts {
  readonly network: Network;
  readonly keys: OperatorKeys;
  readonly combiner: Combiner;
  readonly partials: Partials;
  readonly shares: Shares;
  readonly report: Report;
}

interface Candidate {
  readonly signable: Signable;
  readonly roots: SigningRoots;
}

export const createPassive = ({ network, keys, combiner, partials, shares, report }: PassivePorts) => {
  const busy = new Set<Entry>();
  const again = new Set<Entry>();

  /** Everything that a validator could be signing under this value. */
  const candidatesOf = (duty: PassiveDuty, value: Uint8Array): readonly Candidate[] => {
    const isIndexed =
      duty.key.role === 'attestation' && !isFrom(network, 'electra', epochOf(network, duty.key.slot));
    const candidates: Candidate[] = [];
    for (let index = 0; index < (isIndexed ? committeesPerSlotMax : 1); index++) {
      const signable = signableOf(duty.key, value, index);
      const roots = signable === null ? null : computeRoots(network, signable);
      if (signable !== null && roots !== null) candidates.push({ signable, roots });
    }
    return candidates;
  };
  const cache = new WeakMap<PassiveDuty, readonly Candidate[]>();

  const isBackedBy = async (entry: Entry, count: number): Promise<boolean> => {
    const others = [...entry.partials].flatMap(([operator, signature]) => {
      const share = entry.validator.shares.get(operator);
      return operator === keys.self || share === undefined
        ? []
        : [{ operator, share, signature, signingRoot: entry.root }];
    });
    if (others.length < count) return false;
    const good = await combiner.verifyPartials(others);
    others.forEach((partial, at) => {
      if (good[at] === true) return;
      entry.bad.add(partial.operator);
      entry.partials.delete(partial.operator);
      report({
        type: 'bad-partial',
        validator: entry.validator.key,
        kind: entry.kind,
        from: partial.operator,
      });
    });
    return good.filter(Boolean).length >= count;
  };

  const signWhenBacked = async (
    duty: PassiveDuty,
    entry: Entry,
    { signable, roots }: Candidate,
  ): Promise<void> => {
    const isSlashable = signable.type === 'attestation' || signable.type === 'block';
    const enough = duty.committee.faulty + 1;
    // One look at a time: a flood of partials makes no flood of verifications. What comes during a look is looked at after it.
    if (busy.has(entry)) return void again.add(entry);
    busy.add(entry);
    try {
      for (let isBacked = !isSlashable; !isBacked; ) {
        again.delete(entry);
        isBacked = await isBackedBy(entry, enough);
        if (!isBacked && !again.has(entry)) return;
      }
      await shares.sign(entry.validator, signable, roots, duty.key.slot, duty.endMs);
    } catch (cause) {
      report({ type: 'fault', where: 'verify partial signatures of peers', why: String(cause) });
    } finally {
      busy.delete(entry);
      again.delete(entry);
    }
  };

  return {
    /** The duty is decided; peers may have sent partials for this validator. */
    consider: (duty: PassiveDuty, value: Uint8Array, validator: Validator): void => {
      let candidates = cache.get(duty);
      if (candidates === undefined) {
        candidates = candidatesOf(duty, value);
        cache.set(duty, candidates);
      }
      for (const candidate of candidates) {
        const entry = partials.find(duty.key.role, duty.key.slot, validator.key, candidate.roots.signingRoot);
        if (entry === null || entry.partials.has(keys.self)) continue;
        void signWhenBacked(duty, entry, candidate);
      }
    },
  };
};
