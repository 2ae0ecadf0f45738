/**
 * Which keystores a folder holds, and where the password of each one is.
 *
 * Names only: the files are read where they are decrypted, so that no password comes to the main thread.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export type PasswordPlace =
  /** NAME.txt or NAME.password beside NAME.json. */
  | { readonly type: 'beside' }
  /** The same names in another folder. */
  | { readonly type: 'folder'; readonly folder: string }
  /** One password for all that have none of their own beside them. */
  | { readonly type: 'file'; readonly file: string };

export interface KeystoreFile {
  /** As a person would name it in a sentence: the file name. */
  readonly name: string;
  readonly path: string;
  readonly passwordPath: string;
}

export type ProblemReason =
  | 'folder-unreadable'
  | 'locked'
  | 'lock-failed'
  | 'no-keystores'
  | 'missing-password'
  | 'wrong-password'
  | 'not-json'
  | 'not-a-keystore'
  | 'unsupported'
  | 'key-mismatch'
  | 'not-a-bls-key'
  | 'duplicate-key'
  | 'unreadable'
  | 'failed';

/** Something that keeps a keystore, or all of a folder, from being used. Sentences hold names and never contents. */
export interface KeystoreProblem {
  /** File or folder. */
  readonly file: string;
  readonly reason: ProblemReason;
  readonly detail: string;
  readonly nextStep: string;
}

export type FolderListing =
  | {
      readonly type: 'listed';
      readonly files: readonly KeystoreFile[];
      readonly problems: readonly KeystoreProblem[];
    }
  | { readonly type: 'refused'; readonly problem: KeystoreProblem };

/** Left alone: hidden files, and what the deposit tools write beside keystores. */
const isKeystoreName = (name: string): boolean =>
  name.endsWith('.json') && !name.startsWith('.') && !name.startsWith('deposit_data');

const passwordEndings = ['.txt', '.password'] as const;

const namesIn = async (folder: string): Promise<readonly string[] | KeystoreProblem> => {
  try {
    return await readdir(folder);
  } catch (error) {
    return {
      file: folder,
      reason: 'folder-unreadable',
      detail: `the folder cannot be listed (${codeOf(error)})`,
      nextStep: 'check that the folder exists and that this user may read it',
    };
  }
};

/** The short word of an error of the operating system, as ENOENT. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';

/** Ascending by name. */
export const listKeystores = async (folder: string, place: PasswordPlace): Promise<FolderListing> => {
  const names = await namesIn(folder);
  if ('reason' in names) return { type: 'refused', problem: names };
  const passwordFolder = place.type === 'folder' ? place.folder : folder;
  const passwordNames = place.type === 'folder' ? await namesIn(place.folder) : names;
  if ('reason' in passwordNames) return { type: 'refused', problem: passwordNames };
  const known = new Set(passwordNames);
  const files: KeystoreFile[] = [];
  const problems: KeystoreProblem[] = [];
  for (const name of names.filter(isKeystoreName).sort()) {
    const stem = name.slice(0, -'.json'.length);
    const ending = passwordEndings.find((it) => known.has(stem + it));
    const path = join(folder, name);
    if (ending !== undefined) files.push({ name, path, passwordPath: join(passwordFolder, stem + ending) });
    else if (place.type === 'file') files.push({ name, path, passwordPath: place.file });
    else problems.push(missingPassword(name, stem, passwordFolder));
  }
  if (files.length + problems.length > 0) return { type: 'listed', files, problems };
  return { type: 'listed', files, problems: [noKeystores(folder)] };
};

const missingPassword = (name: string, stem: string, folder: string): KeystoreProblem => ({
  file: name,
  reason: 'missing-password',
  detail: `no password file for this keystore in ${folder}`,
  nextStep: `write the password to ${stem}.txt in that folder`,
});

const noKeystores = (folder: string): KeystoreProblem => ({
  file: folder,
  reason: 'no-keystores',
  detail: 'the folder holds no *.json keystore',
  nextStep: 'copy the share keystores of this operator there, or point to the folder that has them',
});
