/**
 * Writes an EIP-2335 keystore, version 4.
 *
 * The default cost is the EIP's own. A low cost is for keys that are worth nothing: tests and demos.
 */
import { createCipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import { SecretKey } from '@chainsafe/blst';
import { toHex } from '../../core/bytes.ts';
import { deriveKey, passwordBytes } from './eip2335.ts';

/** The file, ready for JSON.stringify; field names are the EIP's. */
export interface KeystoreJson {
  readonly crypto: {
    readonly kdf: {
      readonly function: string;
      readonly params: Readonly<Record<string, unknown>>;
      readonly message: '';
    };
    readonly checksum: { readonly function: 'sha256'; readonly params: object; readonly message: string };
    readonly cipher: {
      readonly function: 'aes-128-ctr';
      readonly params: { readonly iv: string };
      readonly message: string;
    };
  };
  readonly description: string;
  readonly pubkey: string;
  readonly path: string;
  readonly uuid: string;
  readonly version: 4;
}

export interface CreateKeystoreOptions {
  readonly kdf?: 'pbkdf2' | 'scrypt';
  /** Rounds of pbkdf2, or n of scrypt; 262144 for both unless given. */
  readonly cost?: number;
  readonly description?: string;
  /** EIP-2334 path of the key, empty for a key that has none. */
  readonly path?: string;
  /** Only for vectors: what is drawn at random otherwise. */
  readonly salt?: Uint8Array;
  readonly iv?: Uint8Array;
  readonly uuid?: string;
}

const COST = 262_144;
const bare = (bytes: Uint8Array): string => toHex(bytes).slice(2);

const derive = async (
  { kdf = 'pbkdf2', cost = COST }: CreateKeystoreOptions,
  password: Uint8Array,
  salt: Uint8Array,
): Promise<{ readonly key: Uint8Array; readonly params: Readonly<Record<string, unknown>> }> => {
  switch (kdf) {
    case 'pbkdf2': {
      const key = await deriveKey({ function: 'pbkdf2', c: cost, salt }, password);
      return { key, params: { dklen: 32, c: cost, prf: 'hmac-sha256', salt: bare(salt) } };
    }
    case 'scrypt': {
      const key = await deriveKey({ function: 'scrypt', n: cost, r: 8, p: 1, salt }, password);
      return { key, params: { dklen: 32, n: cost, p: 1, r: 8, salt: bare(salt) } };
    }
  }
};

/** The keystore of `secret` (32 bytes, big-endian). Throws where the secret is no BLS key. */
export const createKeystore = async (
  secret: Uint8Array,
  password: string,
  options: CreateKeystoreOptions = {},
): Promise<KeystoreJson> => {
  const publicKey = SecretKey.fromBytes(secret).toPublicKey().toBytes();
  const salt = options.salt ?? randomBytes(32);
  const iv = options.iv ?? randomBytes(16);
  const bytes = passwordBytes(password);
  const { key, params } = await derive(options, bytes, salt);
  const ciphertext = createCipheriv('aes-128-ctr', key.subarray(0, 16), iv).update(secret);
  const checksum = createHash('sha256').update(key.subarray(16)).update(ciphertext).digest();
  key.fill(0);
  bytes.fill(0);
  return {
    crypto: {
      kdf: { function: options.kdf ?? 'pbkdf2', params, message: '' },
      checksum: { function: 'sha256', params: {}, message: bare(checksum) },
      cipher: { function: 'aes-128-ctr', params: { iv: bare(iv) }, message: bare(ciphertext) },
    },
    description: options.description ?? '',
    pubkey: bare(publicKey),
    path: options.path ?? '',
    uuid: options.uuid ?? randomUUID(),
    version: 4,
  };
};
