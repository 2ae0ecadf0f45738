/**
 * Looks at the folder again: new and changed files are decrypted, everything else stays as it is.
 *
 * A file that changed and cannot be used, or lost its password, does not take its key away, as it may be half written; a
 * keystore that is gone does.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KeystoreFile, KeystoreProblem } from './folder.ts';
import { type Entry, type KeySet, keySetOf } from './key-set.ts';
import { stampsOf } from './stamps.ts';
import { type Loaded, loadAll } from './threads/load-keystores.ts';
import type { KeyThread } from './threads/thread.ts';

export interface Refresh {
  readonly files: readonly KeystoreFile[];
  /** Of the listing. */
  readonly problems: readonly KeystoreProblem[];
  readonly threads: readonly KeyThread[];
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface Refreshed {
  /** What shall replace `before`. */
  readonly after: KeySet;
  /** For forgetUnused, once it has. */
  readonly loaded: readonly Entry[];
}

/** Decrypts what is new and changed. */
export const refreshedSet = async (
  before: KeySet,
  { files, problems, threads, onProgress, signal }: Refresh,
): Promise<Refreshed> => {
  const stamps = await stampsOf(files);
  const kept: Entry[] = [];
  const toLoad: KeystoreFile[] = [];
  for (const file of files) {
    const known = before.entries.get(file.name);
    if (known !== undefined && isSame(known, file, stamps)) kept.push(known);
    else toLoad.push(file);
  }
  for (const { reason, file } of problems) {
    const known = before.entries.get(file);
    if (reason === 'missing-password' && known?.type === 'held') kept.push(known);
  }
  const isAsBefore =
    toLoad.length === 0 && kept.length === before.entries.size && isDeepStrictEqual(problems, before.listed);
  if (isAsBefore) return { after: before, loaded: [] };
  const results = await loadAll(toLoad, threads, onProgress, signal);
  const fresh = results.map((one) => entryOf(one, before, stamps.get(one.file) ?? ''));
  return { after: keySetOf([...kept, ...fresh], problems, before), loaded: fresh };
};

/** A repeated key is looked at each time: the other file may be gone. */
const isSame = (known: Entry, file: KeystoreFile, stamps: ReadonlyMap<KeystoreFile, string>): boolean =>
  known.stamp === stamps.get(file) &&
  known.file.passwordPath === file.passwordPath &&
  (known.type === 'held' || known.problem.reason !== 'duplicate-key');

const entryOf = (loaded: Loaded, before: KeySet, stamp: string): Entry => {
  const { file } = loaded;
  if ('key' in loaded)
    return { type: 'held', file, stamp, key: loaded.key, thread: loaded.thread, problem: null };
  const { problem } = loaded;
  const known = before.entries.get(file.name);
  if (known?.type !== 'held') return { type: 'refused', file, stamp, problem, key: null };
  const detail = `${problem.detail}; the key stays in use as it was before the file changed`;
  return { ...known, file, stamp, problem: { ...problem, detail } };
};

/** Overwrites the secrets of `entries` that `after` does not sign with. */
export const forgetUnused = async (entries: Iterable<Entry>, after: KeySet): Promise<void> => {
  for (const entry of entries) {
    if (entry.type !== 'held') continue;
    const now = after.entries.get(entry.file.name);
    const isUsed = now?.type === 'held' && now.thread === entry.thread && now.key === entry.key;
    if (!isUsed) await entry.thread.unload(entry.file.path, entry.key);
  }
};
