/**
 * The validator keys that are to be split: from keystores, or derived from a mnemonic (EIP-2334), which is for test networks,
 * as typing a real mnemonic into a machine that is online gives away every key it ever makes.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { deriveEth2ValidatorKeys, deriveKeyFromMnemonic } from '@chainsafe/bls-keygen';
import { type KeystoreFile, listKeystores, type PasswordPlace } from '../../signer/keystore/folder.ts';
import { CommandFailed, type Terminal } from '../command.ts';
import { type OpenedKey, openKeystore, publicKeyOf } from '../keystore-file.ts';

export interface KeySources {
  readonly keystoreFile: readonly string[];
  readonly keystoresDir?: string;
  readonly keystoresPasswordsDir?: string;
  readonly keystoresPasswordFile?: string;
  /** A path, or - for standard input. */
  readonly mnemonicFile?: string;
  readonly firstIndex: number;
  readonly count: number;
}

/** What contradicts itself in the sources, as sentences. */
export const sourceProblems = (sources: KeySources): readonly string[] => {
  const fromKeystores = sources.keystoresDir !== undefined || sources.keystoreFile.length > 0;
  const fromMnemonic = sources.mnemonicFile !== undefined;
  if (fromKeystores === fromMnemonic) {
    return ['give either keystores (--keystore-file or --keystores-dir) or --mnemonic-file'];
  }
  const ways = [sources.keystoresPasswordsDir, sources.keystoresPasswordFile].filter(
    (way) => way !== undefined,
  );
  if (fromKeystores && ways.length !== 1) {
    return ['keystores need either --keystores-passwords-dir or --keystores-password-file'];
  }
  return [];
};

/** One key after the other, so that a thousand scrypt keystores do not have to be in memory at once. Throws CommandFailed. */
export const validatorKeys = async function* (
  sources: KeySources,
  terminal: Terminal,
): AsyncGenerator<OpenedKey> {
  if (sources.mnemonicFile !== undefined) {
    yield* derivedKeys(await readMnemonic(sources.mnemonicFile, terminal), sources);
    return;
  }
  for (const { path, passwordPath } of await keystoresIn(sources))
    yield await openKeystore(path, passwordPath);
};

const keystoresIn = async (
  sources: KeySources,
): Promise<readonly Pick<KeystoreFile, 'path' | 'passwordPath'>[]> => {
  const { keystoresDir, keystoresPasswordsDir = '', keystoresPasswordFile } = sources;
  const named = sources.keystoreFile.map((path) => ({
    path,
    passwordPath:
      keystoresPasswordFile ?? join(keystoresPasswordsDir, basename(path).replace(/\.json$/, '.txt')),
  }));
  if (keystoresDir === undefined) return named;
  const place: PasswordPlace =
    keystoresPasswordFile === undefined
      ? { type: 'folder', folder: keystoresPasswordsDir }
      : { type: 'file', file: keystoresPasswordFile };
  const listing = await listKeystores(keystoresDir, place);
  const [problem] = listing.type === 'refused' ? [listing.problem] : listing.problems;
  if (problem !== undefined)
    throw new CommandFailed(`${problem.file}: ${problem.detail}; ${problem.nextStep}`);
  return listing.type === 'listed' ? [...named, ...listing.files] : named;
};

const derivedKeys = function* (mnemonic: string, { firstIndex, count }: KeySources): Generator<OpenedKey> {
  const master = masterKeyOf(mnemonic);
  for (let index = firstIndex; index < firstIndex + count; index++) {
    const secret = deriveEth2ValidatorKeys(master, index).signing;
    const publicKey = publicKeyOf(secret);
    if (publicKey === null) throw new CommandFailed(`index ${index} gives no BLS key`);
    yield { secret, publicKey };
  }
  master.fill(0);
};

const masterKeyOf = (mnemonic: string): Uint8Array => {
  try {
    return deriveKeyFromMnemonic(mnemonic);
  } catch {
    // Without the cause: a library's message may quote words.
    throw new CommandFailed(
      'the mnemonic is not valid: it must be 12 to 24 words of the English BIP-39 list',
    );
  }
};

const mnemonicBytesMax = 4096;

const readMnemonic = async (path: string, terminal: Terminal): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of path === '-' ? terminal.input : [await readFile(path)]) {
      length += chunk.length;
      if (length > mnemonicBytesMax) throw new CommandFailed(`${path} is too long for a mnemonic`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof CommandFailed) throw cause;
    throw new CommandFailed(`${path} cannot be read`, { cause });
  }
  return Buffer.concat(chunks).toString('utf8').normalize('NFKD').trim().split(/\s+/).join(' ');
};
