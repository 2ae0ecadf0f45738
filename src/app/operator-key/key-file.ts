/**
 * An operator's RSA-2048 private key: made, written and read.
 *
 * Reads PEM (PKCS#1 or PKCS#8), SSV's base64 of a PEM, and SSV's encrypted JSON. No error ever quotes a file.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { parseOperatorPublicKey, publicKeyText } from '../../core/registry/operator-public-key.ts';
import { decryptKey, encryptKey, parseEncryptedKey } from './encrypted-key.ts';

/** The message says which file, what is wrong and what to do. */
export class OperatorKeyFailed extends Error {
  override readonly name = 'OperatorKeyFailed';
}

const bytesMax = 65_536;

export const generateOperatorKey = async (): Promise<KeyObject> =>
  (await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })).privateKey;

/** The public half in the one spelling that registries keep (see core/registry/operator-public-key.ts). */
export const publicPemOf = (key: KeyObject): string => {
  const pem = parseOperatorPublicKey(createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString());
  if (pem === null) throw new OperatorKeyFailed('an operator key is RSA with 2048 bits and exponent 65537');
  return pem;
};

/** PKCS#1 PEM, as SSV writes it. */
export const plainKeyText = (key: KeyObject): string =>
  key.export({ type: 'pkcs1', format: 'pem' }).toString();

/** JSON text of the key encrypted under a password. */
export const encryptedKeyText = async (key: KeyObject, password: string): Promise<string> => {
  const encrypted = await encryptKey(Buffer.from(plainKeyText(key)), password);
  return `${JSON.stringify({ ...encrypted, pubKey: publicKeyText(publicPemOf(key)) }, null, 2)}\n`;
};

/** Throws OperatorKeyFailed. The password file is needed for encrypted keys only. */
export const loadOperatorKey = async (path: string, passwordPath: string | undefined): Promise<KeyObject> => {
  const text = (await readSecret(path)).trim();
  const pem = text.startsWith('{') ? await decrypted(text, path, passwordPath) : plainPem(text);
  const key = rsaKeyOf(pem);
  if (key === null) {
    throw new OperatorKeyFailed(
      `${path} is not an operator key: expected an RSA-2048 private key as \`quorate operator-key\` writes it (PEM, base64 of a PEM, or encrypted JSON)`,
    );
  }
  return key;
};

/** The password in a file, without the line end after it. Throws OperatorKeyFailed. */
export const readPassword = async (path: string): Promise<string> => {
  const password = (await readSecret(path)).replace(/[\r\n]+$/, '');
  if (password === '') throw new OperatorKeyFailed(`${path} is empty: it must hold the password`);
  return password;
};

const decrypted = async (text: string, path: string, passwordPath: string | undefined): Promise<string> => {
  const encrypted = parseEncryptedKey(parseJson(text));
  if (encrypted === null) {
    throw new OperatorKeyFailed(
      `${path} is JSON, but not an encrypted key (EIP-2335 crypto with pbkdf2 or scrypt)`,
    );
  }
  if (passwordPath === undefined) {
    throw new OperatorKeyFailed(`${path} is encrypted: give --operator-key-password-file`);
  }
  const plain = await decryptKey(encrypted, await readPassword(passwordPath));
  if (plain === null) throw new OperatorKeyFailed(`the password in ${passwordPath} does not open ${path}`);
  return plainPem(Buffer.from(plain).toString('utf8').trim());
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Told by the caller; the parser's own message would quote the file.
    return null;
  }
};

const plainPem = (text: string): string =>
  text.startsWith('-----') ? text : Buffer.from(text, 'base64').toString('utf8');

const rsaKeyOf = (pem: string): KeyObject | null => {
  try {
    const key = createPrivateKey(pem);
    return parseOperatorPublicKey(createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()) ===
      null
      ? null
      : key;
  } catch {
    // Told by the caller, without OpenSSL's internals.
    return null;
  }
};

const readSecret = async (path: string): Promise<string> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new OperatorKeyFailed(`${path} cannot be read (${code})`, { cause });
  }
  if (bytes.length > bytesMax) throw new OperatorKeyFailed(`${path} is larger than ${bytesMax} bytes`);
  return bytes.toString('utf8');
};
