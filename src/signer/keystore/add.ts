/**
 * New keystores for the folder, as a keymanager's import brings them: written under hidden names, decrypted from there as the
 * next start would, and only then named.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ShareKey } from '../../core/ids.ts';
import { parseKeystore } from './eip2335.ts';
import { codeOf, type KeystoreFile, type PasswordPlace } from './folder.ts';
import type { HeldEntry, KeySet } from './key-set.ts';
import { stampOf } from './refresh.ts';
import { loadAll } from './threads/load-keystores.ts';
import type { KeyThread } from './threads/thread.ts';

export interface NewKeystore {
  /** Text of an EIP-2335 file. */
  readonly keystore: string;
  readonly password: string;
}

export type Added =
  | { readonly type: 'added'; readonly entry: HeldEntry }
  /** Held already; nothing was written. */
  | { readonly type: 'duplicate'; readonly key: ShareKey }
  /** A sentence without any content of the keystore. */
  | { readonly type: 'refused'; readonly detail: string };

export interface AddTo {
  readonly folder: string;
  readonly passwords: PasswordPlace;
  readonly before: KeySet;
  readonly threads: readonly KeyThread[];
  /** Why this key may not be held, or null. */
  readonly forbids: (key: ShareKey) => string | null;
}

/** Hidden, so that no listing sees it. */
const stagedPrefix = '.adding-';

const passwordFolderOf = ({ folder, passwords }: Pick<AddTo, 'folder' | 'passwords'>): string =>
  passwords.type === 'folder' ? passwords.folder : folder;

/** In the order of the items. One after the other, so that a repeated key is a duplicate of the first. */
export const addKeystores = async (items: readonly NewKeystore[], to: AddTo): Promise<readonly Added[]> => {
  const results: Added[] = [];
  const fresh = new Set<ShareKey>();
  for (const item of items) {
    const result = await addOne(item, to, fresh);
    if (result.type === 'added') fresh.add(result.entry.key);
    results.push(result);
  }
  return results;
};

const addOne = async (item: NewKeystore, to: AddTo, fresh: ReadonlySet<ShareKey>): Promise<Added> => {
  const parsed = parseKeystore(item.keystore);
  if (parsed.type !== 'keystore') return { type: 'refused', detail: parsed.detail };
  const isHeld = (key: ShareKey): boolean => to.before.routes.has(key) || fresh.has(key);
  const { publicKey } = parsed.keystore;
  const why = publicKey === null ? null : to.forbids(publicKey);
  if (why !== null) return { type: 'refused', detail: why };
  if (publicKey !== null && isHeld(publicKey)) return { type: 'duplicate', key: publicKey };
  const staged = stagedFile(to);
  try {
    await writeSecret(staged.passwordPath, item.password);
    await writeSecret(staged.path, item.keystore);
    return await adopt(staged, to, isHeld);
  } catch (cause) {
    return { type: 'refused', detail: `it cannot be written to ${to.folder} (${codeOf(cause)})` };
  } finally {
    // Renamed away where all went well.
    await rm(staged.path, { force: true });
    await rm(staged.passwordPath, { force: true });
  }
};

const stagedFile = (to: AddTo): KeystoreFile => {
  const name = `${stagedPrefix}${randomUUID()}`;
  return {
    name: 'the keystore',
    path: join(to.folder, `${name}.json`),
    passwordPath: join(passwordFolderOf(to), `${name}.txt`),
  };
};

const adopt = async (staged: KeystoreFile, to: AddTo, isHeld: (key: ShareKey) => boolean): Promise<Added> => {
  const [loaded] = await loadAll([staged], [idlest(to)]);
  if (loaded === undefined || 'problem' in loaded)
    return { type: 'refused', detail: loaded?.problem.detail ?? 'no thread decrypted it' };
  const { key } = loaded;
  const why = to.forbids(key);
  if (why !== null || isHeld(key)) {
    await loaded.thread.unload(staged.path, key);
    return why === null ? { type: 'duplicate', key } : { type: 'refused', detail: why };
  }
  const file = freeFile(key, to);
  // The password first: a keystore that has its name has its password.
  await rename(staged.passwordPath, file.passwordPath);
  await rename(staged.path, file.path);
  await syncFolder(to.folder);
  loaded.thread.moved(staged.path, file);
  const stamp = `${await stampOf(file.path)} ${await stampOf(file.passwordPath)}`;
  return { type: 'added', entry: { type: 'held', file, stamp, key, thread: loaded.thread, problem: null } };
};

/** The thread with the fewest keys. */
const idlest = ({ threads, before }: AddTo): KeyThread => {
  const load = new Map<KeyThread, number>(threads.map((thread) => [thread, 0]));
  for (const thread of before.routes.values()) load.set(thread, (load.get(thread) ?? 0) + 1);
  const [first] = [...load].sort(([, a], [, b]) => a - b);
  assert(first !== undefined, 'there is at least one thread');
  return first[0];
};

/** Nothing that is there is overwritten, whatever it is. */
const freeFile = (key: ShareKey, to: AddTo): KeystoreFile => {
  for (let number = 1; ; number++) {
    const stem = number === 1 ? `keystore-${key}` : `keystore-${key}-${number}`;
    const path = join(to.folder, `${stem}.json`);
    const passwordPath = join(passwordFolderOf(to), `${stem}.txt`);
    if (!existsSync(path) && !existsSync(passwordPath)) return { name: basename(path), path, passwordPath };
  }
};

const writeSecret = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
};

export const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/** What an import left behind when the process died in it. For whoever holds the folder's lock. */
export const removeUnfinished = async (folder: string, passwords: PasswordPlace): Promise<void> => {
  for (const place of new Set([folder, passwordFolderOf({ folder, passwords })])) {
    for (const name of await readdir(place)) {
      if (name.startsWith(stagedPrefix)) await rm(join(place, name), { force: true });
    }
  }
};

/** Takes a keystore's files away for good: first the keystore, so that no key is left without its password. */
export const deleteFiles = async (file: KeystoreFile, passwords: PasswordPlace): Promise<void> => {
  await rm(file.path, { force: true });
  const isShared = passwords.type === 'file' && file.passwordPath === passwords.file;
  if (!isShared) await rm(file.passwordPath, { force: true });
  await syncFolder(dirname(file.path));
};
