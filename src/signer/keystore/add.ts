/**
 * New keystores for the folder, as a keymanager's import brings them: written under hidden names, decrypted from there as the
 * next start would, and only then named.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ShareKey } from '../../core/ids.ts';
import { type ParsedKeystore, parseKeystore } from './eip2335.ts';
import { codeOf, type KeystoreFile, type PasswordPlace } from './folder.ts';
import type { HeldEntry, KeySet } from './key-set.ts';
import { stampOf } from './stamps.ts';
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

/**
 * In the order of the items, on all threads at once. Items that name the same key wait for one another, so that a repeated key
 * is a duplicate of the first that could be decrypted.
 */
export const addKeystores = async (items: readonly NewKeystore[], to: AddTo): Promise<readonly Added[]> => {
  const results: Added[] = [];
  const taken = new Set<ShareKey>();
  const groups = groupByKey(items).values();
  const work = async (thread: KeyThread): Promise<void> => {
    for (const group of groups) {
      for (const { at, item, parsed } of group) results[at] = await addOne(item, parsed, thread, to, taken);
    }
  };
  await Promise.all(to.threads.map(work));
  return results;
};

interface ParsedItem {
  readonly at: number;
  readonly item: NewKeystore;
  readonly parsed: ParsedKeystore;
}

const groupByKey = (items: readonly NewKeystore[]): readonly (readonly ParsedItem[])[] => {
  const parsed = items.map((item, at) => ({ at, item, parsed: parseKeystore(item.keystore) }));
  const nameOf = (one: ParsedItem): string =>
    (one.parsed.type === 'keystore' ? one.parsed.keystore.publicKey : null) ?? `item ${one.at}`;
  return [...Map.groupBy(parsed, nameOf).values()];
};

const addOne = async (
  item: NewKeystore,
  parsed: ParsedKeystore,
  thread: KeyThread,
  to: AddTo,
  taken: Set<ShareKey>,
): Promise<Added> => {
  if (parsed.type !== 'keystore') return { type: 'refused', detail: parsed.detail };
  const { publicKey } = parsed.keystore;
  const why = publicKey === null ? null : to.forbids(publicKey);
  if (why !== null) return { type: 'refused', detail: why };
  if (publicKey !== null && isHeld(publicKey, to, taken)) return { type: 'duplicate', key: publicKey };
  const staged = stagedFile(to);
  try {
    await writeSecret(staged.passwordPath, item.password);
    await writeSecret(staged.path, item.keystore);
    return await adopt(staged, thread, to, taken);
  } catch (cause) {
    return { type: 'refused', detail: `it cannot be written to ${to.folder} (${codeOf(cause)})` };
  } finally {
    // Renamed away where all went well.
    await rm(staged.path, { force: true });
    await rm(staged.passwordPath, { force: true });
  }
};

const isHeld = (key: ShareKey, to: AddTo, taken: ReadonlySet<ShareKey>): boolean =>
  to.before.routes.has(key) || taken.has(key);

const stagedFile = (to: AddTo): KeystoreFile => {
  const name = `${stagedPrefix}${randomUUID()}`;
  return {
    name: 'the keystore',
    path: join(to.folder, `${name}.json`),
    passwordPath: join(passwordFolderOf(to), `${name}.txt`),
  };
};

const adopt = async (
  staged: KeystoreFile,
  thread: KeyThread,
  to: AddTo,
  taken: Set<ShareKey>,
): Promise<Added> => {
  const [loaded] = await loadAll([staged], [thread]);
  if (loaded === undefined || 'problem' in loaded)
    return { type: 'refused', detail: loaded?.problem.detail ?? 'no thread decrypted it' };
  const { key } = loaded;
  const why = to.forbids(key);
  if (why !== null || isHeld(key, to, taken)) {
    await thread.unload(staged.path, key);
    return why === null ? { type: 'duplicate', key } : { type: 'refused', detail: why };
  }
  taken.add(key);
  const file = freeFile(key, to);
  try {
    // The password first: a keystore that has its name has its password.
    await rename(staged.passwordPath, file.passwordPath);
    await rename(staged.path, file.path);
    await syncFolder(to.folder);
  } catch (cause) {
    await thread.unload(staged.path, key);
    await rm(file.passwordPath, { force: true });
    throw cause;
  }
  thread.moved(staged.path, file);
  const stamp = `${await stampOf(file.path)} ${await stampOf(file.passwordPath)}`;
  return { type: 'added', entry: { type: 'held', file, stamp, key, thread, problem: null } };
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

/** Takes a keystore's files away for good. Rejects where the keystore stays; a password that stays opens nothing any more. */
export const deleteFiles = async (file: KeystoreFile, passwords: PasswordPlace): Promise<void> => {
  await rm(file.path, { force: true });
  const isShared = passwords.type === 'file' && file.passwordPath === passwords.file;
  await syncFolder(dirname(file.path));
  if (!isShared) await rm(file.passwordPath, { force: true }).catch(() => undefined);
};
