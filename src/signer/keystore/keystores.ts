/**
 * The embedded share signer: a folder of EIP-2335 keystores, decrypted and used on threads that alone hold the secrets.
 *
 * Every file that cannot be used is a named problem; whether to go on without it is the caller's decision.
 */
import { availableParallelism } from 'node:os';
import type { ShareKey } from '../../core/ids.ts';
import { type ShareSigner, SignerFailed } from '../../workflow/ports.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { type KeystoreProblem, listKeystores, type PasswordPlace } from './folder.ts';
import { loadAll, type Routes } from './load-keystores.ts';
import { lockFolder } from './lock.ts';
import { createKeyThread } from './thread.ts';

export interface KeystoreOptions {
  readonly folder: string;
  readonly passwords: PasswordPlace;
  /** Where the lock file goes if not into the folder itself, which may be read-only. */
  readonly lockFolder?: string;
  /** Threads that decrypt and sign; as many as processors, at most 4, unless given. scrypt takes 256 MiB in each. */
  readonly workers?: number;
  /** After each file. */
  readonly onProgress?: (done: number, total: number) => void;
  /** What a thread runs; only tests of crashes have another. */
  readonly program?: URL;
}

export type OpenedKeystores =
  | {
      readonly type: 'opened';
      readonly signer: ShareSigner & AsyncDisposable;
      readonly keys: readonly ShareKey[];
      readonly problems: readonly KeystoreProblem[];
    }
  /** The folder as a whole cannot be used. */
  | { readonly type: 'refused'; readonly problem: KeystoreProblem };

/** Locks the folder, lists and decrypts it. The signer holds the lock and the threads until it is disposed of. */
export const openKeystores = async (options: KeystoreOptions): Promise<OpenedKeystores> => {
  const listing = await listKeystores(options.folder, options.passwords);
  if (listing.type === 'refused') return listing;
  const lock = lockFolder(options.lockFolder ?? options.folder);
  if (lock.type !== 'held') return { type: 'refused', problem: lockProblem(options, lock) };
  const count = Math.max(
    1,
    Math.min(options.workers ?? Math.min(availableParallelism(), 4), listing.files.length),
  );
  const threads = Array.from({ length: count }, () => createKeyThread(options.program));
  const { routes, problems } = await loadAll(listing.files, threads, options.onProgress);
  const stop = async (): Promise<void> => {
    await Promise.all(threads.map((thread) => thread.stop()));
    lock.release();
  };
  return {
    type: 'opened',
    signer: createSigner(routes, stop),
    keys: [...routes.keys()],
    problems: [...listing.problems, ...problems],
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

const createSigner = (routes: Routes, stop: () => Promise<void>): ShareSigner & AsyncDisposable => {
  let stopped: Promise<void> | null = null;
  return {
    async sign({ share, signable, roots }, signal) {
      const action = `sign ${signable.type} with keystore ${share}`;
      const thread = routes.get(share);
      if (stopped !== null) throw new SignerFailed('unavailable', `${action}: the keystores are closed`);
      if (thread === undefined)
        throw new SignerFailed('unknown-key', `${action}: no keystore holds this share`);
      return await signatureOf(thread.sign(share, roots.signingRoot, signal), signal, action);
    },
    async keys() {
      if (stopped !== null) throw new SignerFailed('unavailable', 'list keystores: they are closed');
      return [...routes.keys()];
    },
    async [Symbol.asyncDispose]() {
      stopped ??= stop();
      await stopped;
    },
  };
};

const signatureOf = async (
  promise: Promise<Uint8Array | null>,
  signal: AbortSignal,
  action: string,
): Promise<Uint8Array> => {
  try {
    const signature = await unlessAborted(promise, signal);
    if (signature !== null) return signature;
  } catch (cause) {
    if (signal.aborted) throw new SignerFailed('timeout', `${action}: given up by the caller`, { cause });
    throw new SignerFailed('unavailable', `${action}: the key thread failed`, { cause });
  }
  throw new SignerFailed('unavailable', `${action}: the key was lost when its thread ended`);
};
