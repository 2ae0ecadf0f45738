/**
 * The share keystores of a folder as they go to another signer, and the slashing protection that goes with them.
 */
import { readFile } from 'node:fs/promises';
import { readPassword } from '../../app/operator-key/key-file.ts';
import type { ShareKey } from '../../core/ids.ts';
import { type Interchange, renderInterchange } from '../../core/slashing/interchange.ts';
import { parseInterchange } from '../../core/slashing/parse-interchange.ts';
import { parseKeystore } from '../../signer/keystore/eip2335.ts';
import {
  codeOf,
  type KeystoreFile,
  listKeystores,
  type PasswordPlace,
} from '../../signer/keystore/folder.ts';
import { CommandFailed } from '../command.ts';

export interface Share {
  readonly file: KeystoreFile;
  readonly key: ShareKey;
}

/** Throws CommandFailed for anything that could not be imported whole. */
export const listShares = async (folder: string, passwords: PasswordPlace): Promise<readonly Share[]> => {
  const listing = await listKeystores(folder, passwords);
  const problems = listing.type === 'refused' ? [listing.problem] : listing.problems;
  if (listing.type === 'refused' || problems.length > 0) {
    const lines = problems.map(({ file, detail, nextStep }) => `${file}: ${detail}; ${nextStep}`);
    throw new CommandFailed(`nothing was imported:\n  ${lines.join('\n  ')}`);
  }
  return await Promise.all(listing.files.map(shareOf));
};

const shareOf = async (file: KeystoreFile): Promise<Share> => {
  const parsed = parseKeystore(await readText(file.path));
  if (parsed.type !== 'keystore') throw new CommandFailed(`${file.path}: ${parsed.detail}`);
  if (parsed.keystore.publicKey === null)
    throw new CommandFailed(`${file.path}: names no public key, so that nobody could tell whose share it is`);
  return { file, key: parsed.keystore.publicKey };
};

export const secretsOf = async ({ file }: Share): Promise<{ keystore: string; password: string }> => ({
  keystore: await readText(file.path),
  password: await readPassword(file.passwordPath),
});

/** Throws CommandFailed. */
export const readProtection = async (path: string): Promise<Interchange> => {
  const parsed = parseInterchange(await readText(path));
  if (parsed.type === 'parsed') return parsed.interchange;
  throw new CommandFailed(`${path}: not an interchange file of version 5: ${parsed.reason}`);
};

/** What concerns these keys; null where nothing does. Web3Signer takes no more from a request than its keys' own. */
export const protectionOf = (interchange: Interchange, keys: ReadonlySet<string>): string | null => {
  const histories = interchange.histories.filter(({ key }) => keys.has(key));
  return histories.length === 0
    ? null
    : [...renderInterchange(interchange.genesisValidatorsRoot, histories)].join('');
};

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandFailed(`${path} cannot be read (${codeOf(cause)})`, { cause });
  }
};
