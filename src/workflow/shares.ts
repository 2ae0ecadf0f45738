/**
 * Our own share of a signature: recorded, then signed, then sent.
 *
 * Slashable data is recorded in slashing protection first, all requests of a burst in one transaction, so after a crash we
 * may repeat a signature but never contradict it. A partial is made once per validator and root and kept for the duty's
 * life: Dirk denies a second signature of one root, and peers that come late are answered with the same bytes.
 */

import { type ByRoot, createByRoot } from '../core/by-root.ts';
import type { Network } from '../core/eth2/network.ts';
import type { Signable, SigningRoots } from '../core/eth2/signable.ts';
import type { OperatorId, Root, ShareKey, Slot, ValidatorKey } from '../core/ids.ts';
import type { Validator } from '../core/registry/committee.ts';
import type { SlashingItem, SlashingVerdict } from '../core/slashing/item.ts';
import { attempts } from './address.ts';
import { createBatch } from './batch.ts';
import type { SigningGate } from './history/gate.ts';
import type { Outbox } from './outbox.ts';
import type { SignOutcome } from './outcome.ts';
import type { Partials } from './partials.ts';
import { type Clock, type ShareSigner, SignerFailed, type SlashingProtection } from './ports.ts';
import type { Report } from './report.ts';

/** What came of our own share: null when it is signed and on its way. */
export type ShareOutcome =
  | Extract<SignOutcome, { readonly type: 'slashable' | 'signer-failed' }>
  | { readonly type: 'not-ready'; readonly detail: string }
  | null;

export interface Shares {
  /** Signs our share of this root unless that is done or under way. `slot` is the slot it travels under. */
  sign(
    validator: Validator,
    signable: Signable,
    roots: SigningRoots,
    slot: Slot,
    endMs: number,
  ): Promise<ShareOutcome>;
  /** Asks the others for their partials of this root, by sending ours again. `attempt` from 1 to attempts.asksUntil. */
  remind(validator: Validator, kind: Signable['type'], slot: Slot, root: Root, attempt: number): void;
  /** Answers such a reminder of `asker`, where we have signed: once per operator, root and attempt. True if it did. */
  answer(
    validator: Validator,
    kind: Signable['type'],
    slot: Slot,
    root: Root,
    asker: OperatorId,
    attempt: number,
  ): boolean;
}

/** What is to be signed in one turn of the event loop is recorded in one transaction; in a burst more of it. */
export const recording = { delayMs: 0, countMax: 2000, burstFrom: 8, burstDelayMsMax: 40 };
/** A share signer that has not answered by then is given up. ms */
const signTimeoutMs = 4000;

export const slashingItemOf = (
  key: string,
  signable: Signable,
  signingRoot: SigningRoots['signingRoot'],
): SlashingItem | null => {
  switch (signable.type) {
    case 'attestation':
      return {
        type: 'attestation',
        key,
        source: signable.vote.source.epoch,
        target: signable.vote.target.epoch,
        signingRoot,
      };
    case 'block':
      return { type: 'block', key, slot: signable.slot, signingRoot };
    default:
      return null;
  }
};

interface Task {
  readonly validator: Validator;
  readonly signable: Signable;
  readonly roots: SigningRoots;
  readonly slot: Slot;
  readonly endMs: number;
}

/** One of our partials, made or being made. */
interface Made {
  readonly root: Root;
  readonly outcome: Promise<ShareOutcome>;
  /** Reminders that have been answered with it. */
  readonly answered: Set<string>;
}

/**
 * Our partials by kind, slot and validator, until the duty's end. The slot is part of it: the signing root of a sync message is
 * the same in two slots where the second has no block.
 */
const createAlbum = (clock: Clock) => {
  const slots = new Map<Signable['type'], Map<Slot, ByRoot<Made>>>();

  const pageOf = (kind: Signable['type'], slot: Slot, endMs: number): ByRoot<Made> => {
    const ofKind = slots.get(kind) ?? new Map<Slot, ByRoot<Made>>();
    slots.set(kind, ofKind);
    const known = ofKind.get(slot);
    if (known !== undefined) return known;
    const page = createByRoot<Made>();
    ofKind.set(slot, page);
    clock.at(endMs, () => ofKind.delete(slot));
    return page;
  };

  return {
    find: (kind: Signable['type'], slot: Slot, validator: ValidatorKey, root: Root): Made | undefined =>
      slots.get(kind)?.get(slot)?.find(validator, root),
    add: ({ validator, signable, slot, endMs }: Task, made: Made): void =>
      pageOf(signable.type, slot, endMs).add(validator.key, made),
    remove: ({ validator, signable, slot }: Task, made: Made): void =>
      slots.get(signable.type)?.get(slot)?.remove(validator.key, made),
  };
};

interface Waiting {
  readonly item: SlashingItem;
  readonly settle: (verdict: SlashingVerdict) => void;
  readonly fail: (cause: unknown) => void;
}

export interface SharesPorts {
  readonly network: Network;
  readonly self: OperatorId;
  readonly clock: Clock;
  readonly slashing: SlashingProtection;
  readonly signer: ShareSigner;
  /** Asked first: closed while this node may not know what it signed before. */
  readonly gate: SigningGate;
  readonly partials: Partials;
  readonly outbox: Outbox;
  readonly report: Report;
}

export const createShares = (ports: SharesPorts): Shares => {
  const { self, clock, slashing, signer, partials, outbox, report } = ports;
  const album = createAlbum(clock);

  const records = createBatch<Waiting>(clock, recording, (waiting) => {
    try {
      const verdicts = slashing.record(waiting.map((one) => one.item));
      waiting.forEach((one, at) => {
        const verdict = verdicts[at];
        if (verdict === undefined) one.fail(new Error('slashing protection gave no verdict'));
        else one.settle(verdict);
      });
    } catch (cause) {
      for (const one of waiting) one.fail(cause);
    }
  });

  /** Null where it may be signed. */
  const record = async ({ validator, signable, roots, slot }: Task): Promise<ShareOutcome> => {
    const item = slashingItemOf(validator.key, signable, roots.signingRoot);
    if (item === null) return null;
    let verdict: SlashingVerdict;
    try {
      verdict = await new Promise<SlashingVerdict>((settle, fail) => records.add({ item, settle, fail }));
    } catch (cause) {
      // Nothing durable, nothing signed.
      report({ type: 'fault', where: 'record in slashing protection', why: String(cause) });
      return {
        type: 'not-ready',
        detail: 'slashing protection could not be written; see the log for the cause',
      };
    }
    if (verdict.type === 'slashable') {
      report({
        type: 'slashing-refused',
        validator: validator.key,
        kind: signable.type,
        rule: verdict.rule,
        detail: verdict.detail,
      });
      return verdict;
    }
    report({
      type: 'recorded',
      validator: validator.key,
      kind: signable.type,
      slot,
      signingRoot: roots.signingRoot,
    });
    return null;
  };

  const recordAndSign = async (share: ShareKey, task: Task): Promise<ShareOutcome> => {
    const refusal = await record(task);
    if (refusal !== null) return refusal;
    const { validator, signable, roots, slot, endMs } = task;
    const startedMs = clock.now();
    const timeout = new AbortController();
    const cancel = clock.at(startedMs + signTimeoutMs, () =>
      timeout.abort(
        new SignerFailed('timeout', `the share signer did not answer within ${signTimeoutMs} ms`),
      ),
    );
    try {
      const signature = await signer.sign(
        { share, validator: validator.key, signable, roots },
        timeout.signal,
      );
      report({
        type: 'share-signed',
        validator: validator.key,
        kind: signable.type,
        tookMs: clock.now() - startedMs,
      });
      partials.add(signable.type, slot, endMs, validator, roots.signingRoot, self, signature);
      outbox.sendPartial(signable.type, slot, validator, roots.signingRoot, signature, 0);
      return null;
    } catch (cause) {
      const reason = cause instanceof SignerFailed ? cause.reason : 'unavailable';
      const detail = cause instanceof Error ? cause.message : String(cause);
      report({ type: 'share-failed', validator: validator.key, share, kind: signable.type, reason, detail });
      return { type: 'signer-failed', reason, detail };
    } finally {
      cancel();
    }
  };

  const signShare = async (task: Task): Promise<ShareOutcome> => {
    const { validator, signable, endMs } = task;
    const share = validator.shares.get(self);
    if (share === undefined)
      return {
        type: 'signer-failed',
        reason: 'unknown-key',
        detail: 'this operator holds no share of the validator',
      };
    const closed = await ports.gate.permit(validator, signable, endMs);
    if (closed !== null) return { type: 'not-ready', detail: closed };
    const isOver = outbox.expectPartial();
    try {
      return await recordAndSign(share, task);
    } finally {
      isOver();
    }
  };

  return {
    sign: (validator, signable, roots, slot, endMs) => {
      const root = roots.signingRoot;
      const known = album.find(signable.type, slot, validator.key, root);
      if (known !== undefined) return known.outcome;
      const task = { validator, signable, roots, slot, endMs };
      const outcome = signShare(task).then((result) => {
        // A failure may be gone at the next request; a signature and a slashing refusal stay.
        if (result?.type === 'signer-failed' || result?.type === 'not-ready') album.remove(task, made);
        return result;
      });
      const made: Made = { root, outcome, answered: new Set() };
      album.add(task, made);
      return outcome;
    },
    remind: (validator, kind, slot, root, attempt) => {
      const signature = partials.find(kind, slot, validator.key, root)?.partials.get(self);
      if (signature !== undefined) outbox.sendPartial(kind, slot, validator, root, signature, attempt);
    },
    answer: (validator, kind, slot, root, asker, attempt) => {
      const made = album.find(kind, slot, validator.key, root);
      const signature = partials.find(kind, slot, validator.key, root)?.partials.get(self);
      const reminder = `${asker}/${attempt}`;
      // A partial of ours is there once it is signed, and not before.
      if (made === undefined || signature === undefined || made.answered.has(reminder)) return false;
      made.answered.add(reminder);
      outbox.sendPartial(kind, slot, validator, root, signature, attempts.asksUntil + made.answered.size);
      return true;
    },
  };
};
