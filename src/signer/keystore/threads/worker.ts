/**
 * A key thread: decrypts keystores and signs with them. The secrets never leave it.
 */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { SecretKey } from '@chainsafe/blst';
import { concatBytes, fromHex, toHex } from '../../../core/bytes.ts';
import { parseShareKey, type Root, type ShareKey } from '../../../core/ids.ts';
import { decryptKeystore, parseKeystore } from '../eip2335.ts';
import { codeOf, type KeystoreFile } from '../folder.ts';
import { type KeyAnswer, type KeyRequest, type LoadAnswer, SIGNED_BYTES } from './message.ts';

/** 32 bytes each, overwritten on `forget`. */
const secrets = new Map<ShareKey, Uint8Array>();

const problem = (
  reason: Extract<LoadAnswer, { type: 'problem' }>['reason'],
  detail: string,
  nextStep: string,
): LoadAnswer => ({
  type: 'problem',
  reason,
  detail,
  nextStep,
});

const BYTES_MAX = 2 ** 16;

/** Throws the operating system's error, or a RangeError for a file that is not small UTF-8 text. */
const readText = (path: string): string => {
  if (statSync(path).size > BYTES_MAX) throw new RangeError('larger than 64 KiB');
  // A byte order mark is no part of a password; the decoder drops it.
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
};

const textOf = (path: string): { readonly text: string } | { readonly why: string } => {
  try {
    return { text: readText(path) };
  } catch (error) {
    if (error instanceof RangeError) return { why: error.message };
    return { why: error instanceof TypeError ? 'not UTF-8 text' : codeOf(error) };
  }
};

const load = async ({ path, passwordPath }: KeystoreFile): Promise<LoadAnswer> => {
  const file = textOf(path);
  if ('why' in file)
    return problem(
      'unreadable',
      `the keystore cannot be read (${file.why})`,
      'check the file and its permissions',
    );
  const password = textOf(passwordPath);
  if ('why' in password) {
    return problem(
      'missing-password',
      `the password file cannot be read (${password.why})`,
      `check ${passwordPath} and its permissions`,
    );
  }
  const parsed = parseKeystore(file.text);
  if (parsed.type !== 'keystore') {
    return problem(
      parsed.type,
      parsed.detail,
      'replace it by an EIP-2335 keystore (version 4), or move it out of the folder',
    );
  }
  try {
    const secret = await decryptKeystore(parsed.keystore, password.text);
    if (secret === null)
      return problem('wrong-password', 'the password does not open this keystore', `check ${passwordPath}`);
    return keep(secret, parsed.keystore.publicKey);
  } catch (error) {
    // Costs that the library refuses, or no memory for them: of this file alone, while others are decrypted beside it.
    const why = error instanceof Error ? error.message : String(error);
    return problem(
      'failed',
      `its key cannot be derived (${why})`,
      'give the process more memory, or write the keystore anew with common costs (scrypt n 262144, r 8, p 1)',
    );
  }
};

const keep = (secret: Uint8Array, claimed: ShareKey | null): LoadAnswer => {
  const key = publicKeyOf(secret);
  if (key === null)
    return problem(
      'not-a-bls-key',
      'the decrypted secret is not a BLS key',
      'restore the keystore from its source',
    );
  if (claimed !== null && claimed !== key) {
    secret.fill(0);
    return problem(
      'key-mismatch',
      `the file says ${claimed} but holds the secret of ${key}`,
      'restore the keystore from its source',
    );
  }
  drop(key);
  secrets.set(key, secret);
  return { type: 'loaded', key };
};

const publicKeyOf = (secret: Uint8Array): ShareKey | null => {
  try {
    return parseShareKey(toHex(SecretKey.fromBytes(secret).toPublicKey().toBytes()));
  } catch {
    // Zero, or not below the order of the group.
    return null;
  }
};

const drop = (key: ShareKey): void => {
  secrets.get(key)?.fill(0);
  secrets.delete(key);
};

const sign = (key: ShareKey, root: string): Uint8Array | null => {
  const secret = secrets.get(key);
  if (secret === undefined) return null;
  const signature = SecretKey.fromBytes(secret).sign(fromHex(root, 32));
  return concatBytes(signature.toBytes(), signature.toBytes(false).subarray(96));
};

const signAll = (keys: readonly ShareKey[], roots: readonly Root[]): KeyAnswer => {
  const signatures = new Uint8Array(SIGNED_BYTES * keys.length);
  const missing: number[] = [];
  for (const [at, key] of keys.entries()) {
    const signed = sign(key, roots[at] ?? '');
    if (signed === null) missing.push(at);
    else signatures.set(signed, SIGNED_BYTES * at);
  }
  return { type: 'signed', signatures, missing };
};

const answer = (request: Exclude<KeyRequest, { type: 'load' }>): KeyAnswer => {
  switch (request.type) {
    case 'sign':
      return signAll(request.keys, request.roots);
    case 'drop':
      for (const key of request.keys) drop(key);
      return { type: 'forgotten' };
    case 'forget':
      for (const key of [...secrets.keys()]) drop(key);
      return { type: 'forgotten' };
  }
};

assert(parentPort !== null, 'runs as a worker only');
const port = parentPort;
/** Answers go out in the order of the requests. Keystores are decrypted at the same time; all else waits for those before it. */
let answered: Promise<void> = Promise.resolve();
port.on('message', (request: KeyRequest) => {
  const before = answered;
  const result = request.type === 'load' ? load(request.file) : before.then(() => answer(request));
  answered = before.then(async () => {
    const done = await result;
    // Signatures are handed over, not copied: nothing here holds them afterwards.
    port.postMessage(done, done.type === 'signed' ? [done.signatures.buffer] : []);
  });
});
