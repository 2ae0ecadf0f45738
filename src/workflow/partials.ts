/**
 * Partial signatures, ours and our peers', until a quorum of them makes a signature.
 *
 * Partials are kept by validator and signing root, in buckets by kind and slot that are dropped as a whole. They are not
 * verified on arrival: the combination is, once; only if that fails are the bad ones found and their operator named. A peer
 * can fill only its own place: the number of roots it may bring in per validator, kind and slot or epoch is capped.
 */

import { createByRoot } from '../core/by-root.ts';
import type { Network } from '../core/eth2/network.ts';
import type { SignableType } from '../core/eth2/signable.ts';
import { epochOf } from '../core/eth2/slots.ts';
import type { OperatorId, Root, Slot, ValidatorKey } from '../core/ids.ts';
import type { Registry, Validator } from '../core/registry/committee.ts';
import { type Bucket, createCombining, type Entry, quorumOf } from './combining.ts';
import type { HistoryRecorder } from './history/recorder.ts';
import type { Clock, Combiner } from './ports.ts';
import type { Report } from './report.ts';

/** Roots that one operator may send for one validator, kind and slot. */
const rootsPerOperator: Record<SignableType, number> = {
  attestation: 1,
  block: 1,
  aggregate: 1,
  'sync-message': 1,
  contribution: 4,
  randao: 1,
  'selection-proof': 1,
  'sync-selection-proof': 4,
  // Every operator signs the registration of every operator's client, and clients may re-sign within an epoch.
  registration: 52,
  exit: 2,
  deposit: 2,
};

/** An operator whose partials for other validators of the slot came so lately is still at it. ms */
const speakingMs = 300;

/** How it stands with a signature: partials for a quorum are there; or still coming in; or one must be asked for. */
export type Outlook = 'enough' | 'coming' | 'stalled';

export type AddResult = 'stored' | 'known' | 'over-limit';

export interface Partials {
  /** Stores one partial. `endMs` is when its bucket may be dropped. */
  add(
    kind: SignableType,
    slot: Slot,
    endMs: number,
    validator: Validator,
    root: Root,
    operator: OperatorId,
    signature: Uint8Array,
  ): AddResult;
  /** The entry of a root, or null where nobody has sent a partial for it. */
  find(kind: SignableType, slot: Slot, validator: ValidatorKey, root: Root): Entry | null;
  /** Whether a quorum of partials for this root is there, or will be if those who are sending go on. */
  outlook(kind: SignableType, slot: Slot, validator: Validator, root: Root): Outlook;
  /** All entries of a kind and slot. */
  of(kind: SignableType, slot: Slot): Iterable<Entry>;
  /** Resolves with the verified signature; rejects with the signal's reason when that is aborted. */
  wait(
    kind: SignableType,
    slot: Slot,
    endMs: number,
    validator: Validator,
    root: Root,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}

/** Registrations, exits and deposits belong to no slot: operators may be a slot or an epoch boundary apart. */
const isSlotless = (kind: SignableType): boolean =>
  kind === 'registration' || kind === 'exit' || kind === 'deposit';

export interface PartialsPorts {
  readonly network: Network;
  readonly clock: Clock;
  readonly combiner: Combiner;
  readonly recorder: Pick<HistoryRecorder, 'partial' | 'combined'>;
  readonly registry: Registry;
  readonly report: Report;
}

export const createPartials = ({
  network,
  clock,
  combiner,
  recorder,
  registry,
  report,
}: PartialsPorts): Partials => {
  /** By kind, and by slot or epoch. */
  const buckets = new Map<SignableType, Map<number, Bucket>>();

  /** The slot, or the epoch of what belongs to no slot. */
  const placeOf = (kind: SignableType, slot: number): number =>
    isSlotless(kind) ? epochOf(network, slot as Slot) : slot;

  const bucketAt = (kind: SignableType, slot: Slot, endMs: number): Bucket => {
    const place = placeOf(kind, slot);
    const ofKind = buckets.get(kind) ?? new Map<number, Bucket>();
    buckets.set(kind, ofKind);
    const known = ofKind.get(place);
    if (known !== undefined) return known;
    const bucket: Bucket = { entries: createByRoot(), heard: new Map(), awaited: new Map(), wanted: 0 };
    ofKind.set(place, bucket);
    clock.at(endMs, () => ofKind.delete(place));
    return bucket;
  };

  const find = (kind: SignableType, slot: Slot, validator: ValidatorKey, root: Root): Entry | null => {
    const ofKind = buckets.get(kind);
    if (ofKind === undefined) return null;
    const place = placeOf(kind, slot);
    const places = isSlotless(kind) ? [place, place - 1, place + 1] : [place];
    for (const at of places) {
      const entry = ofKind.get(at)?.entries.find(validator, root);
      if (entry !== undefined) return entry;
    }
    return null;
  };

  const entryAt = (
    kind: SignableType,
    slot: Slot,
    endMs: number,
    validator: Validator,
    root: Root,
  ): Entry => {
    const known = find(kind, slot, validator.key, root);
    if (known !== null) return known;
    const bucket = bucketAt(kind, slot, endMs);
    const entry: Entry = {
      kind,
      slot,
      validator,
      root,
      partials: new Map(),
      bad: new Set(),
      signature: null,
      wanted: false,
      combining: false,
      faults: 0,
      waiting: new Set(),
      bucket,
      patience: 'fresh',
    };
    bucket.entries.add(validator.key, entry);
    return entry;
  };

  /** Whether this operator has sent as many other roots of the validator as it may: of those kept in this bucket. */
  const isOverLimit = (
    bucket: Bucket,
    kind: SignableType,
    validator: ValidatorKey,
    root: Root,
    operator: OperatorId,
  ): boolean => {
    const others = bucket.entries
      .of(validator)
      .filter(
        ({ root: other, partials, bad }) => other !== root && (partials.has(operator) || bad.has(operator)),
      );
    return others.length >= rootsPerOperator[kind];
  };

  const combine = createCombining({ clock, combiner, recorder, registry, report });

  return {
    add: (kind, slot, endMs, validator, root, operator, signature) => {
      const bucket = bucketAt(kind, slot, endMs);
      // Where it is kept already, which may be the epoch before or after, it counts there.
      const place = find(kind, slot, validator.key, root)?.bucket ?? bucket;
      if (isOverLimit(place, kind, validator.key, root, operator)) return 'over-limit';
      const entry = entryAt(kind, slot, endMs, validator, root);
      if (entry.partials.has(operator) || entry.bad.has(operator)) return 'known';
      // By what is new alone: saying the same again is no sign that more is coming.
      bucket.heard.set(operator, clock.now());
      entry.partials.set(operator, signature);
      recorder.partial(kind, slot, validator, root, operator, signature);
      combine(entry);
      return 'stored';
    },
    find,
    outlook: (kind, slot, validator, root) => {
      const entry = find(kind, slot, validator.key, root);
      if (entry === null) return 'stalled';
      const { partials, bad, bucket } = entry;
      const quorum = quorumOf(registry, validator);
      if (partials.size >= quorum) return 'enough';
      const sinceMs = clock.now() - speakingMs;
      const coming = [...validator.shares.keys()].filter(
        (operator) =>
          !partials.has(operator) && !bad.has(operator) && (bucket.heard.get(operator) ?? 0) > sinceMs,
      );
      return partials.size + coming.length >= quorum ? 'coming' : 'stalled';
    },
    of: (kind, slot) => buckets.get(kind)?.get(placeOf(kind, slot))?.entries.all() ?? [],
    wait: (kind, slot, endMs, validator, root, signal) =>
      new Promise((resolve, reject) => {
        const entry = entryAt(kind, slot, endMs, validator, root);
        if (entry.signature !== null) return resolve(entry.signature);
        if (signal.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          entry.waiting.delete(done);
          if (entry.waiting.size === 0) entry.bucket.awaited.delete(entry);
          reject(signal.reason);
        };
        const done = (signature: Uint8Array): void => {
          signal.removeEventListener('abort', onAbort);
          resolve(signature);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        entry.waiting.add(done);
        if (!entry.wanted) entry.bucket.wanted += 1;
        entry.wanted = true;
        if (!entry.combining) entry.bucket.awaited.set(entry, clock.now());
        combine(entry);
      }),
  };
};
