/**
 * Encryption of an operator key under a password: the crypto part of EIP-2335 around the PEM bytes, as SSV's
 * encrypted_private_key.json has it (checksum, cipher, kdf and pubKey at the top level).
 *
 * Written here, as BLS keystore libraries take 32-byte secrets only. Reads pbkdf2 and scrypt, writes pbkdf2.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { deriveKey, type Kdf, passwordBytes } from '../../signer/keystore/eip2335.ts';

const hex = (bytesMax: number) =>
  v.pipe(v.string(), v.maxLength(2 * bytesMax), v.regex(/^(?:[0-9a-fA-F]{2})*$/));
const within = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum));

/** Bounds keep a hostile file from costing minutes or gigabytes. */
const KdfModule = v.variant('function', [
  v.object({
    function: v.literal('pbkdf2'),
    params: v.object({
      c: within(1, 10_000_000),
      dklen: v.literal(32),
      prf: v.literal('hmac-sha256'),
      salt: hex(256),
    }),
  }),
  v.object({
    function: v.literal('scrypt'),
    params: v.object({
      n: within(2, 1 << 20),
      r: within(1, 16),
      p: within(1, 8),
      dklen: v.literal(32),
      salt: hex(256),
    }),
  }),
]);

const Encrypted = v.object({
  kdf: KdfModule,
  checksum: v.object({ function: v.literal('sha256'), message: hex(32) }),
  cipher: v.object({
    function: v.literal('aes-128-ctr'),
    params: v.object({ iv: hex(16) }),
    message: hex(16_384),
  }),
});

export type EncryptedKey = v.InferOutput<typeof Encrypted>;

/** The encrypted key in a parsed JSON file, at the top level or under `crypto`; null where there is none. */
export const parseEncryptedKey = (value: unknown): EncryptedKey | null => {
  if (v.is(Encrypted, value)) return value;
  const nested = typeof value === 'object' && value !== null && 'crypto' in value ? value.crypto : null;
  return v.is(Encrypted, nested) ? nested : null;
};

/** The plain bytes; null where the password is wrong. */
export const decryptKey = async (encrypted: EncryptedKey, password: string): Promise<Uint8Array | null> => {
  const derived = await derive(encrypted.kdf, password);
  const ciphertext = Buffer.from(encrypted.cipher.message, 'hex');
  const checksum = Buffer.from(encrypted.checksum.message, 'hex');
  const expected = checksumOf(derived, ciphertext);
  if (checksum.length !== expected.length || !timingSafeEqual(checksum, expected)) return null;
  const iv = Buffer.from(encrypted.cipher.params.iv, 'hex');
  const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), iv);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
};

export const encryptKey = async (plain: Uint8Array, password: string): Promise<EncryptedKey> => {
  const kdf = {
    function: 'pbkdf2',
    params: { c: 262_144, dklen: 32, prf: 'hmac-sha256', salt: randomBytes(32).toString('hex') },
  } as const;
  const derived = await derive(kdf, password);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return {
    kdf: { ...kdf, message: '' } as typeof kdf,
    checksum: {
      function: 'sha256',
      params: {},
      message: checksumOf(derived, ciphertext).toString('hex'),
    } as {
      function: 'sha256';
      message: string;
    },
    cipher: {
      function: 'aes-128-ctr',
      params: { iv: iv.toString('hex') },
      message: ciphertext.toString('hex'),
    },
  };
};

const checksumOf = (derived: Uint8Array, ciphertext: Uint8Array): Buffer =>
  createHash('sha256').update(derived.subarray(16, 32)).update(ciphertext).digest();

const derive = (kdf: EncryptedKey['kdf'], password: string): Promise<Uint8Array> => {
  const salt = Buffer.from(kdf.params.salt, 'hex');
  const known: Kdf =
    kdf.function === 'pbkdf2'
      ? { function: 'pbkdf2', c: kdf.params.c, salt }
      : { function: 'scrypt', n: kdf.params.n, r: kdf.params.r, p: kdf.params.p, salt };
  return deriveKey(known, passwordBytes(password));
};
