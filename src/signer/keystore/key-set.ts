/**
 * What was made of a folder's keystores: one value, replaced as a whole, so that no reader ever sees part of a change.
 */
import type { ShareKey } from '../../core/ids.ts';
import type { KeystoreFile, KeystoreProblem } from './folder.ts';
import type { Routes } from './threads/load-keystores.ts';
import type { KeyThread } from './threads/thread.ts';

export interface HeldEntry {
  readonly type: 'held';
  readonly file: KeystoreFile;
  /** Changes with the keystore's file and its password's. */
  readonly stamp: string;
  readonly key: ShareKey;
  readonly thread: KeyThread;
  /** The files have changed since and cannot be used as they are now; the key stays as it was. */
  readonly problem: KeystoreProblem | null;
}

export type Entry =
  | HeldEntry
  | {
      readonly type: 'refused';
      readonly file: KeystoreFile;
      readonly stamp: string;
      readonly problem: KeystoreProblem;
      /** Of a file that repeats another file's key; null where it could not be decrypted. */
      readonly key: ShareKey | null;
    };

export interface KeySet {
  /** By the keystore's file name. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly routes: Routes;
  /** Of the listing: keystores without a password, or a folder without keystores. */
  readonly listed: readonly KeystoreProblem[];
  /** All of them, those of single entries too. */
  readonly problems: readonly KeystoreProblem[];
}

export const emptyKeySet: KeySet = { entries: new Map(), routes: new Map(), listed: [], problems: [] };

/**
 * Where several files hold one key, the one that `before` signed with keeps it, else the first by name; the others are named
 * as problems.
 */
export const keySetOf = (
  found: readonly Entry[],
  listed: readonly KeystoreProblem[],
  before: KeySet,
): KeySet => {
  const byName = [...found].sort((a, b) => (a.file.name < b.file.name ? -1 : 1));
  const owners = new Map<ShareKey, HeldEntry>();
  for (const entry of byName) {
    if (entry.type !== 'held') continue;
    const owner = owners.get(entry.key);
    if (owner === undefined || (!wasHeld(before, owner) && wasHeld(before, entry)))
      owners.set(entry.key, entry);
  }
  const entries = new Map(
    byName.map((entry) => {
      const owner = entry.type === 'held' ? owners.get(entry.key) : undefined;
      const isOwner = owner === undefined || owner === entry;
      return [entry.file.name, isOwner ? entry : duplicateOf(entry, owner)] as const;
    }),
  );
  return {
    entries,
    listed,
    routes: new Map([...owners].map(([key, { thread }]) => [key, thread])),
    problems: [...listed, ...[...entries.values()].flatMap(({ problem }) => problem ?? [])].sort((a, b) =>
      a.file < b.file ? -1 : 1,
    ),
  };
};

const wasHeld = (before: KeySet, { file, key }: HeldEntry): boolean => {
  const earlier = before.entries.get(file.name);
  return earlier?.type === 'held' && earlier.key === key;
};

const duplicateOf = ({ file, stamp }: Entry, owner: HeldEntry): Entry => ({
  type: 'refused',
  file,
  stamp,
  key: owner.key,
  problem: {
    file: file.name,
    reason: 'duplicate-key',
    detail: `holds ${owner.key}, as ${owner.file.name} does`,
    nextStep: 'remove one of the two files',
  },
});
