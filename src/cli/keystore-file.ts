/**
 * EIP-2335 keystores of BLS keys as the offline commands read and write them, one at a time.
 *
 * A running node's keystores are the signer's business; it decrypts thousands on threads.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SecretKey } from '@chainsafe/blst';
import { readPassword } from '../app/operator-key/key-file.ts';
import { toHex } from '../core/bytes.ts';
import { createKeystore } from '../signer/keystore/create-keystore.ts';
import { decryptKeystore, parseKeystore } from '../signer/keystore/eip2335.ts';
import { codeOf } from '../signer/keystore/folder.ts';
import { CommandFailed } from './command.ts';

export interface OpenedKey {
  /** 32 bytes; overwrite it when done. */
  readonly secret: Uint8Array;
  /** 48 bytes as 0x-hex, computed from the secret. */
  readonly publicKey: string;
}

/** Throws CommandFailed; the keystore's `pubkey`, where it has one, must be that of the key inside. */
export const openKeystore = async (path: string, passwordPath: string): Promise<OpenedKey> => {
  const parsed = parseKeystore(await readText(path));
  if (parsed.type !== 'keystore')
    throw new CommandFailed(`${path} is not an EIP-2335 keystore: ${parsed.detail}`);
  const secret = await decryptKeystore(parsed.keystore, await readPassword(passwordPath));
  if (secret === null) throw new CommandFailed(`the password in ${passwordPath} does not open ${path}`);
  const publicKey = publicKeyOf(secret);
  if (publicKey === null) throw new CommandFailed(`${path} holds no BLS key`);
  const named: string | null = parsed.keystore.publicKey;
  if (named !== null && named !== publicKey) {
    throw new CommandFailed(`${path} names another public key than that of the key inside`);
  }
  return { secret, publicKey };
};

/** Text of a keystore. `rounds` of pbkdf2: the EIP's own number unless given. */
export const keystoreText = async (
  { secret }: OpenedKey,
  {
    password,
    description,
    rounds,
  }: { readonly password: string; readonly description: string; readonly rounds?: number },
): Promise<string> => {
  const options = { description, ...(rounds === undefined ? {} : { cost: rounds }) };
  return `${JSON.stringify(await createKeystore(secret, password, options), null, 2)}\n`;
};

/** 256 random bits in hex: no number of rounds makes it harder to guess, so that a node may open thousands in seconds. */
export const freshPassword = (): string => randomBytes(32).toString('hex');
export const freshPasswordRounds = 1024;

/** Null unless the bytes are a BLS secret key. */
export const publicKeyOf = (secret: Uint8Array): string | null => {
  try {
    return secret.length === 32 ? toHex(SecretKey.fromBytes(secret).toPublicKey().toBytes()) : null;
  } catch {
    // Zero, or not below the order of the group.
    return null;
  }
};

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandFailed(`${path} cannot be read (${codeOf(cause)})`, { cause });
  }
};
