/**
 * The embedded share signer: a folder of EIP-2335 keystores, decrypted and used on threads that alone hold the secrets.
 *
 * Every file that cannot be used is a named problem; whether to go on without it is the caller's decision. The folder stays
 * locked while it is open; keys come and go under that one lock, each change as a whole, and signing never stops for it.
 */
import { availableParallelism } from 'node:os';
import type { ShareKey } from '../../core/ids.ts';
import type { ShareSigner } from '../../workflow/ports.ts';
import { type Added, addKeystores, deleteFiles, type NewKeystore, removeUnfinished } from './add.ts';
import { codeOf, type KeystoreProblem, listKeystores, type PasswordPlace } from './folder.ts';
import { type Entry, emptyKeySet, type KeySet, keySetOf } from './key-set.ts';
import { lockFolder } from './lock.ts';
import { forgetUnused, refreshedSet } from './refresh.ts';
import { createKeySigner } from './sign.ts';
import { createKeyThread } from './threads/thread.ts';

export interface KeystoreOptions {
  readonly folder: string;
  readonly passwords: PasswordPlace;
  /** Where the lock file goes if not into the folder itself, which may be read-only. */
  readonly lockFolder?: string;
  /** Threads that sign; one fewer than processors, at most 4, unless given: consensus must not wait behind signatures. */
  readonly workers?: number;
  /** After each file that is decrypted, at opening and later. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Gives up opening: no further file is decrypted. */
  readonly signal?: AbortSignal;
  /** What a thread runs; only tests of crashes have another. */
  readonly program?: URL;
}

export type Removed =
  | { readonly type: 'removed' | 'not-held' }
  | { readonly type: 'failed'; readonly detail: string };

/** An open folder. Changes wait for one another. */
export interface KeystoreFolder {
  readonly signer: ShareSigner & AsyncDisposable;
  /** All keys, at any moment: a change shows when it is complete. */
  keys(): readonly ShareKey[];
  has(key: ShareKey): boolean;
  problems(): readonly KeystoreProblem[];
  /** Looks at the folder again; null, or why it cannot be listed, and then nothing has changed. */
  refresh(): Promise<KeystoreProblem | null>;
  /** Writes and decrypts new keystores. `forbids`: why a key may not be held, or null. In the order of the items. */
  add(items: readonly NewKeystore[], forbids: (key: ShareKey) => string | null): Promise<readonly Added[]>;
  /** Deletes every keystore of these keys, and their passwords. In the order of the keys. */
  remove(keys: readonly ShareKey[]): Promise<readonly Removed[]>;
}

export type OpenedKeystores =
  | ({ readonly type: 'opened' } & KeystoreFolder)
  /** The folder as a whole cannot be used. */
  | { readonly type: 'refused'; readonly problem: KeystoreProblem };

/** Locks the folder, lists and decrypts it. The signer holds the lock and the threads until it is disposed of. */
export const openKeystores = async (options: KeystoreOptions): Promise<OpenedKeystores> => {
  const listing = await listKeystores(options.folder, options.passwords);
  if (listing.type === 'refused') return listing;
  const lock = lockFolder(options.lockFolder ?? options.folder);
  if (lock.type !== 'held') return { type: 'refused', problem: lockProblem(options, lock) };
  const opened = createFolder(options, lock.release);
  const problem = await opened.refresh();
  if (problem === null) return { type: 'opened', ...opened };
  await opened.signer[Symbol.asyncDispose]();
  return { type: 'refused', problem };
};

const createFolder = (options: KeystoreOptions, release: () => void): KeystoreFolder => {
  const { folder, passwords } = options;
  const count = Math.max(1, options.workers ?? Math.min(availableParallelism() - 1, 4));
  const threads = Array.from({ length: count }, () => createKeyThread(options.program));
  let current: KeySet = emptyKeySet;
  // Hidden files that cannot be removed do no harm: nothing reads them.
  let last: Promise<unknown> = removeUnfinished(folder, passwords).catch(() => undefined);
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  /** The moment of the change: everything before it is preparation, everything after it cleaning up. */
  const replaceBy = async (after: KeySet, loaded: readonly Entry[]): Promise<void> => {
    const before = current;
    if (after === before) return;
    current = after;
    await forgetUnused([...before.entries.values(), ...loaded], after);
  };
  const refresh = async (): Promise<KeystoreProblem | null> => {
    const listing = await listKeystores(folder, passwords);
    if (listing.type === 'refused') return listing.problem;
    const { after, loaded } = await refreshedSet(current, { ...options, ...listing, threads });
    await replaceBy(after, loaded);
    return null;
  };
  /** That the folder was empty is no problem any more when a key comes, and one when the last goes is told by the next look. */
  const listedNow = (): readonly KeystoreProblem[] =>
    current.listed.filter(({ reason }) => reason !== 'no-keystores');
  const removeOne = async (key: ShareKey): Promise<Removed> => {
    const doomed = [...current.entries.values()].filter((entry) => entry.key === key);
    if (doomed.length === 0) return { type: 'not-held' };
    try {
      for (const { file } of doomed) await deleteFiles(file, passwords);
      return { type: 'removed' };
    } catch (cause) {
      return { type: 'failed', detail: `its keystore cannot be deleted (${codeOf(cause)})` };
    }
  };
  return {
    signer: createKeySigner(
      () => current.routes,
      async () => {
        await last;
        await Promise.all(threads.map((thread) => thread.stop()));
        release();
      },
    ),
    keys: () => [...current.routes.keys()],
    has: (key) => current.routes.has(key),
    problems: () => current.problems,
    refresh: () => inTurn(refresh),
    add: (items, forbids) =>
      inTurn(async () => {
        const results = await addKeystores(items, { folder, passwords, before: current, threads, forbids });
        const added = results.flatMap((result) => (result.type === 'added' ? [result.entry] : []));
        await replaceBy(keySetOf([...current.entries.values(), ...added], listedNow(), current), added);
        return results;
      }),
    remove: (keys) =>
      inTurn(async () => {
        const results: Removed[] = [];
        for (const key of keys) results.push(await removeOne(key));
        const gone = new Set(keys.filter((_, at) => results[at]?.type === 'removed'));
        const left = [...current.entries.values()].filter(({ key }) => key === null || !gone.has(key));
        await replaceBy(keySetOf(left, listedNow(), current), []);
        return results;
      }),
  };
};

const lockProblem = (
  options: KeystoreOptions,
  lock:
    | { readonly type: 'taken'; readonly holder: string }
    | { readonly type: 'failed'; readonly why: string },
): KeystoreProblem => {
  const file = options.lockFolder ?? options.folder;
  switch (lock.type) {
    case 'taken':
      return {
        file,
        reason: 'locked',
        detail: `${lock.holder} uses these keystores`,
        nextStep: 'stop the other process first; two signers with the same keys can get a validator slashed',
      };
    case 'failed':
      return {
        file,
        reason: 'lock-failed',
        detail: `the lock file cannot be written (${lock.why})`,
        nextStep: 'make the folder writable for this user, or keep the lock file in another folder',
      };
  }
};
