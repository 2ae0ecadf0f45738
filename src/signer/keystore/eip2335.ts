/**
 * EIP-2335 keystores: one BLS secret key under a password.
 *
 * Supports what the EIP names: scrypt or pbkdf2-hmac-sha256 with 32 bytes, sha256 checksum, aes-128-ctr. Deriving the key is
 * slow on purpose (0.05 to 2 s of a processor) and goes to Node's thread pool. Costs beyond any sane file are refused.
 * Source: https://eips.ethereum.org/EIPS/eip-2335
 */
import {
  createDecipheriv,
  createHash,
  pbkdf2,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { fromHex } from '../../core/bytes.ts';
import { parseShareKey, type ShareKey } from '../../core/ids.ts';

export type Kdf =
  | { readonly function: 'pbkdf2'; readonly c: number; readonly salt: Uint8Array }
  | {
      readonly function: 'scrypt';
      readonly n: number;
      readonly r: number;
      readonly p: number;
      readonly salt: Uint8Array;
    };

export interface Keystore {
  /** The key that the file says it holds; the EIP allows to leave it out. */
  readonly publicKey: ShareKey | null;
  readonly kdf: Kdf;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly checksum: Uint8Array;
}

export type ParsedKeystore =
  | { readonly type: 'keystore'; readonly keystore: Keystore }
  /** `detail` names the field. No content of the file is repeated. */
  | { readonly type: 'not-json' | 'not-a-keystore' | 'unsupported'; readonly detail: string };

const SCRYPT_BYTES_MAX = 2 ** 30;
const PBKDF2_ROUNDS_MAX = 2 ** 24;

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** Hex without 0x, as the EIP writes it; null for anything else. */
const bytesOf = (value: unknown, length: number | null): Uint8Array | null => {
  if (typeof value !== 'string' || value.length > 512) return null;
  try {
    return fromHex(`0x${value}`, length ?? undefined);
  } catch {
    return null;
  }
};

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;

const unsupported = (detail: string): ParsedKeystore => ({ type: 'unsupported', detail });
const malformed = (field: string): ParsedKeystore => ({
  type: 'not-a-keystore',
  detail: `${field} is missing or malformed`,
});

/** Reads the text of a keystore file, without decrypting it. */
export const parseKeystore = (text: string): ParsedKeystore => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message would repeat parts of the file.
    return { type: 'not-json', detail: 'the file is not JSON' };
  }
  const { version, crypto, pubkey } = fieldsOf(value);
  if (crypto === undefined) return malformed('crypto');
  if (version !== 4) return version === undefined ? malformed('version') : unsupported('version is not 4');
  const publicKey = pubkey === undefined || pubkey === '' ? null : parseShareKey(withPrefix(pubkey));
  if (pubkey !== undefined && pubkey !== '' && publicKey === null) return malformed('pubkey');
  return parseCrypto(fieldsOf(crypto), publicKey);
};

/** Some tools write the public key with 0x. */
const withPrefix = (value: unknown): unknown =>
  typeof value === 'string' && !value.startsWith('0x') ? `0x${value}` : value;

const parseCrypto = (crypto: Fields, publicKey: ShareKey | null): ParsedKeystore => {
  const [kdfModule, checksumModule, cipherModule] = [crypto.kdf, crypto.checksum, crypto.cipher].map(
    fieldsOf,
  ) as [Fields, Fields, Fields];
  if (checksumModule.function === undefined) return malformed('crypto.checksum');
  if (checksumModule.function !== 'sha256') return unsupported('crypto.checksum is not sha256');
  if (cipherModule.function === undefined) return malformed('crypto.cipher');
  if (cipherModule.function !== 'aes-128-ctr') return unsupported('crypto.cipher is not aes-128-ctr');
  const kdf = parseKdf(kdfModule);
  if ('type' in kdf) return kdf;
  const iv = bytesOf(fieldsOf(cipherModule.params).iv, 16);
  if (iv === null) return malformed('crypto.cipher.params.iv');
  const ciphertext = bytesOf(cipherModule.message, 32);
  if (ciphertext === null) return malformed('crypto.cipher.message');
  const checksum = bytesOf(checksumModule.message, 32);
  if (checksum === null) return malformed('crypto.checksum.message');
  return { type: 'keystore', keystore: { publicKey, kdf, iv, ciphertext, checksum } };
};

const parseKdf = (module: Fields): Kdf | ParsedKeystore => {
  const params = fieldsOf(module.params);
  if (module.function === undefined) return malformed('crypto.kdf');
  if (module.function !== 'pbkdf2' && module.function !== 'scrypt')
    return unsupported('crypto.kdf is not scrypt or pbkdf2');
  if (params.dklen !== 32) return unsupported('crypto.kdf.params.dklen is not 32');
  const salt = bytesOf(params.salt, null);
  if (salt === null) return malformed('crypto.kdf.params.salt');
  const { c, n, r, p, prf } = params;
  if (module.function === 'pbkdf2') {
    if (prf !== 'hmac-sha256') return unsupported('crypto.kdf.params.prf is not hmac-sha256');
    if (!isCount(c)) return malformed('crypto.kdf.params.c');
    return c > PBKDF2_ROUNDS_MAX
      ? unsupported('crypto.kdf.params.c is above 2^24')
      : { function: 'pbkdf2', c, salt };
  }
  if (!isCount(n) || !isCount(r) || !isCount(p)) return malformed('crypto.kdf.params (n, r, p)');
  if (n < 2 || !Number.isInteger(Math.log2(n))) return malformed('crypto.kdf.params.n');
  if (128 * n * r > SCRYPT_BYTES_MAX || p > 16)
    return unsupported('crypto.kdf.params (n, r, p) ask for more than 1 GiB');
  return { function: 'scrypt', n, r, p, salt };
};

/** The bytes that the KDF gets: NFKD, without control codes (C0, C1, Delete), UTF-8. A file's line end goes with them. */
export const passwordBytes = (password: string): Uint8Array => {
  const kept = [...password.normalize('NFKD')].filter((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0x1f && !(code >= 0x7f && code <= 0x9f);
  });
  return new TextEncoder().encode(kept.join(''));
};

/** What scrypt may allocate: node's own bound is lower than what the EIP's parameters need. */
const scryptMemory = (n: number, r: number, p: number): number => 128 * r * (n + p + 2) + 2 ** 20;

const scryptWith = promisify<Uint8Array, Uint8Array, number, ScryptOptions, Uint8Array>(scrypt);

/** 32 bytes. `password` as passwordBytes gives it. */
export const deriveKey = (kdf: Kdf, password: Uint8Array): Promise<Uint8Array> => {
  switch (kdf.function) {
    case 'pbkdf2':
      return promisify(pbkdf2)(password, kdf.salt, kdf.c, 32, 'sha256');
    case 'scrypt': {
      const { n, r, p } = kdf;
      return scryptWith(password, kdf.salt, 32, { N: n, r, p, maxmem: scryptMemory(n, r, p) });
    }
  }
};

/** The secret (32 bytes), or null for a wrong password. Whether it is the key that the file names is left to the caller. */
export const decryptKeystore = async (keystore: Keystore, password: string): Promise<Uint8Array | null> => {
  const bytes = passwordBytes(password);
  const key = await deriveKey(keystore.kdf, bytes).finally(() => bytes.fill(0));
  try {
    const checksum = createHash('sha256').update(key.subarray(16)).update(keystore.ciphertext).digest();
    if (!timingSafeEqual(checksum, keystore.checksum)) return null;
    const cipher = createDecipheriv('aes-128-ctr', key.subarray(0, 16), keystore.iv);
    return Uint8Array.from(cipher.update(keystore.ciphertext));
  } finally {
    key.fill(0);
  }
};
