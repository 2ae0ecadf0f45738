/**
 * When partial signatures are combined, and together with which: as soon as there is a quorum and someone waits.
 *
 * One call of the combiner at a time. What becomes ready while it runs goes out together, with all partials that are there by
 * then: so a single duty waits for nothing, and in a burst the batches grow with the load and share their pairings.
 */

import type { ByRoot } from '../core/by-root.ts';
import type { SignableType } from '../core/eth2/signable.ts';
import type { OperatorId, Root, Slot } from '../core/ids.ts';
import type { Registry, Validator } from '../core/registry/committee.ts';
import { yOf } from '../core/threshold/known-y.ts';
import { isWhole } from '../core/threshold/lagrange.ts';
import { createBatch } from './batch.ts';
import type { HistoryRecorder } from './history/recorder.ts';
import type { Clock, CombineJob, CombineResult, Combiner } from './ports.ts';
import type { Report } from './report.ts';

/** A combination that ended without a result (its thread died) is tried again, a few times. ms */
const againAfterMs = 100;
const faultsMax = 5;
/** So many are combined at once: enough to share the cost of a pairing, few enough that the first do not wait for the last. */
const jobsPerCall = 256;
/**
 * In a burst, for how many others, and how long, what is ready waits: of 32 signatures that are combined together each costs half as
 * much again as of 128, a single one ten times. It does not wait once all that are waited for are ready.
 */
const company = { count: 128, delayMsMax: 250 };
/** Where a client comes late, what it asks for is ready at once, one after the other. */
const atOnce = { delayMs: 0, countMax: jobsPerCall, burstFrom: 4, burstDelayMsMax: 120 };
/** From so many validators on whose signatures our client asks for, a slot is a burst. */
const burstEntries = 32;
/** In a burst a quorum that is dear to combine waits for one more partial. ms */
const patienceMs = 100;
const patience = {
  delayMs: patienceMs,
  countMax: Number.POSITIVE_INFINITY,
  burstFrom: 1,
  burstDelayMsMax: patienceMs,
};

export interface Entry {
  readonly kind: SignableType;
  readonly slot: Slot;
  readonly validator: Validator;
  readonly root: Root;
  readonly partials: Map<OperatorId, Uint8Array>;
  /** Operators whose partial for this root did not verify. */
  readonly bad: Set<OperatorId>;
  signature: Uint8Array | null;
  /** Someone waits for the signature; without that nothing is combined. */
  wanted: boolean;
  combining: boolean;
  /** How often combining ended without a result. */
  faults: number;
  readonly waiting: Set<(signature: Uint8Array) => void>;
  readonly bucket: Bucket;
  /** Waited for a cheaper quorum, or does. */
  patience: 'fresh' | 'waiting' | 'over';
}

/** What belongs to one kind and slot. */
export interface Bucket {
  readonly entries: ByRoot<Entry>;
  /** When the newest partial of an operator came, for those of which there is one. Unix time in ms. */
  readonly heard: Map<OperatorId, number>;
  /** Someone waits for their signature, since that Unix time in ms, and there is no quorum yet. */
  readonly awaited: Map<Entry, number>;
  /** Entries of which someone wanted the signature: peers can make others, as many as they like. */
  wanted: number;
}

interface Combination {
  readonly entry: Entry;
  readonly startedMs: number;
}

export interface CombiningPorts {
  readonly clock: Clock;
  readonly combiner: Combiner;
  readonly recorder: Pick<HistoryRecorder, 'combined'>;
  readonly registry: Registry;
  readonly report: Report;
}

/** Partials that make a signature of this validator; infinitely many where its committee is gone. */
export const quorumOf = (registry: Registry, { committee }: Validator): number =>
  registry.committees.get(committee)?.quorum ?? Number.POSITIVE_INFINITY;

/** Holds what is ready in a burst until there is company for it; lets all else through. */
const createCompany = (clock: Clock, handOn: (combination: Combination) => void) => {
  let gathered: Combination[] = [];
  let cancel: (() => void) | null = null;

  const flush = (): void => {
    cancel?.();
    cancel = null;
    const combinations = gathered;
    gathered = [];
    for (const combination of combinations) handOn(combination);
  };
  /** One that has no quorum for so long may never have one, and must not keep every group of the others waiting. */
  const giveUp = (): void => {
    const longAgoMs = clock.now() - 2 * company.delayMsMax;
    for (const { awaited } of new Set(gathered.map(({ entry }) => entry.bucket)))
      for (const [entry, sinceMs] of awaited) if (sinceMs <= longAgoMs) awaited.delete(entry);
    flush();
  };

  return (combination: Combination): void => {
    gathered.push(combination);
    const { wanted, awaited } = combination.entry.bucket;
    const isLast = wanted < burstEntries || awaited.size === 0;
    if (isLast || gathered.length >= company.count) flush();
    else cancel ??= clock.at(clock.now() + company.delayMsMax, giveUp);
  };
};

/** Looks at an entry that has changed; combines it when it is time. */
export const createCombining = ({
  clock,
  combiner,
  recorder,
  registry,
  report,
}: CombiningPorts): ((entry: Entry) => void) => {
  const jobOf = (entry: Entry): CombineJob => ({
    validator: entry.validator.key,
    signingRoot: entry.root,
    quorum: quorumOf(registry, entry.validator),
    partials: [...entry.partials].flatMap(([operator, signature]) => {
      const share = entry.validator.shares.get(operator);
      return share === undefined ? [] : [{ operator, share, signature, y: yOf(signature) }];
    }),
  });

  const isReady = (entry: Entry): boolean =>
    entry.wanted &&
    !entry.combining &&
    entry.signature === null &&
    entry.partials.size >= quorumOf(registry, entry.validator);

  /** In a burst, where the operator that would make it cheaper has been heard and is only a little behind. */
  const isWorthWaiting = ({ partials, validator, bad, bucket }: Entry): boolean =>
    bucket.wanted >= burstEntries &&
    partials.size === quorumOf(registry, validator) &&
    !isWhole([...partials.keys()]) &&
    [...validator.shares.keys()].some(
      (operator) => !partials.has(operator) && !bad.has(operator) && bucket.heard.has(operator),
    );

  /** Combines as soon as a quorum is there; what becomes ready in a burst is combined together. */
  const combine = (entry: Entry): void => {
    if (!isReady(entry)) return;
    if (entry.patience !== 'over' && isWorthWaiting(entry)) {
      if (entry.patience === 'fresh') patient.add(entry);
      entry.patience = 'waiting';
      return;
    }
    entry.combining = true;
    entry.bucket.awaited.delete(entry);
    gather({ entry, startedMs: clock.now() });
  };

  const finish = (entry: Entry, startedMs: number, result: CombineResult): void => {
    for (const operator of result.bad) {
      entry.bad.add(operator);
      entry.partials.delete(operator);
      report({ type: 'bad-partial', validator: entry.validator.key, kind: entry.kind, from: operator });
    }
    if (result.type === 'short') {
      if (entry.waiting.size > 0) entry.bucket.awaited.set(entry, clock.now());
      return;
    }
    const { kind, slot, validator, root } = entry;
    entry.signature = result.signature;
    recorder.combined(kind, slot, validator, root, result.signature);
    const tookMs = clock.now() - startedMs;
    report({ type: 'combined', validator: validator.key, kind, signingRoot: root, tookMs });
    for (const resolve of entry.waiting) resolve(result.signature);
    entry.waiting.clear();
  };

  const fail = (entry: Entry, fault: unknown): void => {
    report({ type: 'fault', where: 'combine partial signatures', why: String(fault) });
    entry.faults += 1;
    if (entry.faults < faultsMax) clock.at(clock.now() + againAfterMs, () => combine(entry));
  };

  const combineAll = async (queued: readonly Combination[]): Promise<void> => {
    const jobs = queued.map(({ entry }) => jobOf(entry));
    try {
      const results = await combiner.combine(jobs);
      queued.forEach(({ entry, startedMs }, at) => {
        const result = results[at];
        if (result === undefined) fail(entry, 'the combiner gave no answer');
        else finish(entry, startedMs, result);
      });
    } catch (fault) {
      for (const { entry } of queued) fail(entry, fault);
    }
    queued.forEach(({ entry }, at) => {
      entry.combining = false;
      const tried = new Set(jobs[at]?.partials.map(({ operator }) => operator));
      // Partials may have come in while the combination ran; without a new one the result would be the same.
      if ([...entry.partials.keys()].some((operator) => !tried.has(operator))) combine(entry);
    });
  };
  /** One call at a time: what comes while it runs goes out together, with all partials that are there by then. */
  let queue: readonly Combination[] = [];
  let isDraining = false;
  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.slice(0, jobsPerCall);
      queue = queue.slice(jobsPerCall);
      await combineAll(batch);
    }
    isDraining = false;
  };
  const ready = createBatch<Combination>(clock, atOnce, (combinations) => {
    queue = [...queue, ...combinations];
    if (isDraining) return;
    isDraining = true;
    void drain();
  });
  const gather = createCompany(clock, ready.add);
  const endPatience = (entries: readonly Entry[]): void => {
    for (const entry of entries) {
      entry.patience = 'over';
      combine(entry);
    }
  };
  const patient = createBatch(clock, patience, endPatience);

  return combine;
};
