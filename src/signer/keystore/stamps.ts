/**
 * What of a file changes with its content, so that nothing has to be read to see that nothing changed.
 *
 * On a disk of this machine asking is a matter of a microsecond, and through Node's pool it costs ten times that: with thousands of
 * keystores enough to hold up signatures. On a file system over a network it may take long, or for ever, and is left to the pool.
 */
import { type Stats, statSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { codeOf, type KeystoreFile } from './folder.ts';

/** Linux, include/uapi/linux/magic.h and the file systems' own: ext, xfs, btrfs, zfs, f2fs, tmpfs, ramfs, overlayfs. */
const localTypes: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0x01021994, 0x858458f6, 0x794c7630,
]);
/** Files asked about in one turn of the event loop, and those asked about at once where it takes the pool. */
const statsPerTurn = 128;
const statsAtOnce = 16;

export type Stamps = ReadonlyMap<KeystoreFile, string>;

/** Of each file and its password's. */
export const stampsOf = async (files: readonly KeystoreFile[], isLocal = isOnDisk): Promise<Stamps> => {
  const folders = new Set(files.flatMap(({ path, passwordPath }) => [dirname(path), dirname(passwordPath)]));
  const areLocal = (await Promise.all([...folders].map(isLocal))).every(Boolean);
  const ask = areLocal ? localStamp : stampOf;
  const stamps = new Map<KeystoreFile, string>();
  // One password may be that of all.
  const passwords = new Map<string, string | Promise<string>>();
  const passwordStamp = (path: string): string | Promise<string> => {
    const known = passwords.get(path) ?? ask(path);
    passwords.set(path, known);
    return known;
  };
  const next = files.values();
  const work = async (): Promise<void> => {
    for (const file of next) {
      const password = await passwordStamp(file.passwordPath);
      stamps.set(file, `${await ask(file.path)} ${password}`);
      if (areLocal && stamps.size % statsPerTurn === 0) await turn();
    }
  };
  await Promise.all(Array.from({ length: areLocal ? 1 : statsAtOnce }, work));
  return stamps;
};

export const stampOf = async (path: string): Promise<string> => {
  try {
    return stampIn(await stat(path));
  } catch (error) {
    // What is wrong is told when the file is read.
    return codeOf(error);
  }
};

const stampIn = ({ ino, size, mtimeMs, ctimeMs }: Stats): string => `${ino}/${size}/${mtimeMs}/${ctimeMs}`;

/** False where that cannot be told. */
const isOnDisk = async (folder: string): Promise<boolean> => {
  try {
    return localTypes.has((await statfs(folder)).type);
  } catch {
    // Not there, or not for this user: told when it is read.
    return false;
  }
};

const localStamp = (path: string): string => {
  try {
    return stampIn(statSync(path));
  } catch (error) {
    return codeOf(error);
  }
};
