/**
 * Several share signers as one: each share is signed by the first that lists it, and by the next where that one is down.
 *
 * Left to others: sharing slashing protection between signers. Two with records of their own that hold one share are safe here,
 * as the node's own protection has recorded a root before any of them is asked, and all are asked for that root only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ShareKey } from '../core/ids.ts';
import { type ShareSigner, SignerFailed } from '../workflow/ports.ts';
import { signByFirst } from './failover.ts';
import { createHealth } from './health.ts';
import { createKeyLists, type KeyList } from './key-lists.ts';

const SLICE_MS = 600;

export interface SelectOptions {
  /** Monotonic ms; performance.now unless given. */
  readonly now?: () => number;
  /** How long one signer is waited for before the next that holds the share is asked too. */
  readonly sliceMs?: number;
  /** Resolves after so many ms; a timer unless given. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface SelectedSigner extends ShareSigner {
  /** The shares that some signer listed when it was last asked. */
  reachable(): ReadonlySet<ShareKey>;
  /** Why signers could not list their keys when last asked. */
  failures(): readonly unknown[];
}

const sleepUnlessAborted = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Nobody waits for it any more.
    await new Promise<never>(() => undefined);
  }
};

const failuresIn = (lists: readonly KeyList[]): readonly unknown[] =>
  lists.map(({ failure }) => failure).filter((failure) => failure !== null);

/** In order of preference. Does not own the signers: whoever made them disposes of them. */
export const selectSigner = (
  signers: readonly ShareSigner[],
  options: SelectOptions = {},
): SelectedSigner => {
  const now = options.now ?? (() => performance.now());
  const { sliceMs = SLICE_MS, wait = sleepUnlessAborted } = options;
  const health = createHealth(signers, now);
  const lists = createKeyLists(signers, now, (signer, isUp) => health.listed(signer, isUp));
  return {
    async sign(task, signal) {
      const { share, signable } = task;
      const action = `sign ${signable.type} with share ${share}`;
      const holders = await lists.holders(share, action, signal);
      if (holders.length === 0) throw notListed(action, failuresIn(lists.known()));
      return await signByFirst(health.order(holders), task, signal, {
        sliceMs,
        wait,
        onSigned: (signer) => health.signed(signer),
        onFailed: (signer, failure) => {
          if (failure === 'slow' || failure.reason === 'unavailable' || failure.reason === 'timeout')
            health.failed(signer);
          else if (failure.reason === 'unknown-key') lists.disown(signer, share);
        },
      });
    },
    async keys(signal) {
      const action = 'list the share keys';
      const all = await lists.read(action, signal);
      // A list is complete or none: clients drop what is missing from it.
      if (all.some(({ held }) => held === null)) throw notListed(action, failuresIn(all));
      return [...new Set(all.flatMap(({ held }) => [...(held ?? [])]))];
    },
    reachable: () =>
      new Set(lists.known().flatMap(({ held, failure }) => (failure === null ? [...(held ?? [])] : []))),
    failures: () => failuresIn(lists.known()),
  };
};

const notListed = (action: string, failures: readonly unknown[]): SignerFailed => {
  const [cause] = failures;
  if (cause === undefined) return new SignerFailed('unknown-key', `${action}: no signer lists it`);
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SignerFailed(
    'unavailable',
    `${action}: ${failures.length} signers could not list their keys (${why})`,
    { cause },
  );
};
