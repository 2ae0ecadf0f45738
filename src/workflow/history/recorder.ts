/**
 * Remembers what is decided and signed: certificates, and for each vote who signed under it, handed to the log in batches.
 *
 * Nothing waits for it. Partial signatures come before or after the decision that they belong to, some are never of it; they
 * are kept by slot until the duty's end and written once their root is known to be the decided one. Where a signature was
 * combined it takes their place.
 */

import { type ByRoot, createByRoot } from '../../core/by-root.ts';
import type { DutyKey } from '../../core/duty/duty.ts';
import { clockToleranceMs, dutyEndMs } from '../../core/duty/window.ts';
import type { Network } from '../../core/eth2/network.ts';
import type { SignableType } from '../../core/eth2/signable.ts';
import { certificateOf } from '../../core/history/certificate.ts';
import {
  type Certificate,
  type Claim,
  type Entry,
  type Proof,
  wholeCluster,
} from '../../core/history/entry.ts';
import { indexOfRoot } from '../../core/history/fold.ts';
import type { CommitteeId, OperatorId, Root, Slot } from '../../core/ids.ts';
import type { Registry, Validator } from '../../core/registry/committee.ts';
import type { SignedMessage } from '../../core/wire/signed.ts';
import type { Clock, OperatorKeys } from '../ports.ts';
import type { Report } from '../report.ts';
import type { DecidedLog } from './ports.ts';

/** From the first news to the write: most votes are combined by then, and the busy moment of the slot is over. ms */
const writeAfterMs = 400;
/** Entries written at once; a large batch is cut so that no write holds up a message for long. */
const entriesPerWrite = 200;

export interface HistoryRecorder {
  decided(duty: DutyKey, certificate: SignedMessage): void;
  /** Anyone's partial signature, ours included. Not verified here: whoever folds it verifies it. */
  partial(
    kind: SignableType,
    slot: Slot,
    validator: Validator,
    root: Root,
    by: OperatorId,
    signature: Uint8Array,
  ): void;
  /** The verified signature of the validator. */
  combined(kind: SignableType, slot: Slot, validator: Validator, root: Root, signature: Uint8Array): void;
  /** Writes what is waiting. */
  flush(): void;
}

export const noRecorder: HistoryRecorder = {
  decided: () => {},
  partial: () => {},
  combined: () => {},
  flush: () => {},
};

export interface RecorderPorts {
  readonly network: Network;
  readonly domain: Uint8Array;
  readonly registry: Registry;
  readonly keys: Pick<OperatorKeys, 'self'>;
  readonly clock: Clock;
  readonly log: DecidedLog;
  readonly report: Report;
}

interface Signed {
  readonly validator: Validator;
  readonly root: Root;
  whole: Uint8Array | null;
  readonly partials: Map<OperatorId, Uint8Array>;
  /** There is something that was not written yet. */
  isNews: boolean;
}

/** One committee's attestation duty. */
interface Votes {
  certificate: Certificate | null;
  readonly signed: ByRoot<Signed>;
  /** The committee index under which the vote has a root, once computed: most validators have the same. */
  readonly indices: Map<Root, number | null>;
}

export const createRecorder = (ports: RecorderPorts): HistoryRecorder => {
  const { network, domain, registry, keys, clock, log, report } = ports;
  const votes = new Map<Slot, Map<CommitteeId, Votes>>();
  let waiting: Entry[] = [];
  let scheduled: (() => void) | null = null;

  const schedule = (): void => {
    scheduled ??= clock.at(clock.now() + writeAfterMs, write);
  };
  const votesAt = (committee: CommitteeId, slot: Slot): Votes => {
    const known = votes.get(slot)?.get(committee);
    if (known !== undefined) return known;
    const fresh: Votes = { certificate: null, signed: createByRoot(), indices: new Map() };
    const ofSlot = votes.get(slot) ?? new Map<CommitteeId, Votes>();
    votes.set(slot, ofSlot.set(committee, fresh));
    clock.at(dutyEndMs(network, 'attestation', slot) + clockToleranceMs, () => {
      write();
      ofSlot.delete(committee);
      if (ofSlot.size === 0) votes.delete(slot);
    });
    return fresh;
  };
  const signedBy = (slot: Slot, validator: Validator, root: Root): Signed => {
    const { signed } = votesAt(validator.committee, slot);
    const known = signed.find(validator.key, root);
    if (known !== undefined) return known;
    const fresh: Signed = { validator, root, whole: null, partials: new Map(), isNews: true };
    signed.add(validator.key, fresh);
    return fresh;
  };

  const decideVotes = (of: Votes, certificate: Certificate): void => {
    of.certificate = certificate;
    of.indices.clear();
  };
  const indexUnder = (certificate: Certificate, { indices }: Votes, root: Root): number | null => {
    const known = indices.get(root);
    if (known !== undefined) return known;
    const index = indexOfRoot(network, certificate, root);
    indices.set(root, index);
    return index;
  };
  const proofOf = (certificate: Certificate, of: Votes, signed: Signed): Proof | null => {
    const index = indexUnder(certificate, of, signed.root);
    if (index === null) return null;
    const claims: readonly Claim[] =
      signed.whole === null
        ? [...signed.partials].map(([by, signature]) => ({ by, signature }))
        : [{ by: wholeCluster, signature: signed.whole }];
    return { validator: signed.validator.key, index, claims };
  };
  // One operator could send partial signatures of every validator in every slot and fill our disk: they are kept where we signed
  // as well, or where more operators than may lie say the same.
  const isWorthKeeping = ({ validator, whole, partials }: Signed): boolean => {
    const faulty = registry.committees.get(validator.committee)?.faulty ?? Number.POSITIVE_INFINITY;
    return whole !== null || partials.has(keys.self) || partials.size > faulty;
  };
  const newsOf = (of: Votes): Entry | null => {
    const { certificate, signed } = of;
    if (certificate === null) return null;
    const proofs: Proof[] = [];
    for (const one of signed.all()) {
      if (!one.isNews || !isWorthKeeping(one)) continue;
      one.isNews = false;
      const proof = proofOf(certificate, of, one);
      if (proof !== null) proofs.push(proof);
    }
    return proofs.length === 0 ? null : { certificate, proofs };
  };

  const write = (): void => {
    scheduled?.();
    scheduled = null;
    for (const ofSlot of votes.values()) {
      for (const one of ofSlot.values()) {
        const entry = newsOf(one);
        if (entry !== null) waiting.push(entry);
      }
    }
    const batch = waiting.slice(0, entriesPerWrite);
    waiting = waiting.slice(entriesPerWrite);
    if (waiting.length > 0) schedule();
    try {
      log.store(batch);
    } catch (cause) {
      // Signing does not depend on it: slashing protection has its own, durable record.
      report({ type: 'fault', where: 'write decided history', why: String(cause) });
    }
  };

  return {
    decided: (duty, message) => {
      const certificate = certificateOf(domain, duty, message);
      if (certificate === null) return;
      if (duty.role === 'attestation') decideVotes(votesAt(duty.committee, duty.slot), certificate);
      waiting.push({ certificate, proofs: [] });
      schedule();
    },
    partial: (kind, slot, validator, root, by, signature) => {
      if (kind !== 'attestation') return;
      const signed = signedBy(slot, validator, root);
      if (signed.whole !== null || signed.partials.has(by) || signature.length !== 96) return;
      signed.partials.set(by, signature);
      signed.isNews = true;
      schedule();
    },
    combined: (kind, slot, validator, root, signature) => {
      if (kind !== 'attestation') return;
      const signed = signedBy(slot, validator, root);
      signed.whole = signature;
      signed.partials.clear();
      signed.isNews = true;
      schedule();
    },
    flush: write,
  };
};
