/**
 * Encryption of an operator key under a password: the crypto part of EIP-2335 around the PEM bytes, as SSV's
 * encrypted_private_key.json has it (checksum, cipher, kdf and pubKey at the top level).
 *
 * Written here, as BLS keystore libraries take 32-byte secrets only. Reads pbkdf2 and scrypt, writes pbkdf2.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  pbkdf2,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { passwordBytes, scryptMemory } from '../../signer/keystore/eip2335.ts';

const hex = (bytesMax: number) => Type.String({ pattern: '^(?:[0-9a-fA-F]{2})*$', maxLength: 2 * bytesMax });

/** Bounds keep a hostile file from costing minutes or gigabytes. */
const Kdf = Type.Union([
  Type.Object({
    function: Type.Literal('pbkdf2'),
    params: Type.Object({
      c: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
      dklen: Type.Literal(32),
      prf: Type.Literal('hmac-sha256'),
      salt: hex(256),
    }),
  }),
  Type.Object({
    function: Type.Literal('scrypt'),
    params: Type.Object({
      n: Type.Integer({ minimum: 2, maximum: 1 << 20 }),
      r: Type.Integer({ minimum: 1, maximum: 16 }),
      p: Type.Integer({ minimum: 1, maximum: 8 }),
      dklen: Type.Literal(32),
      salt: hex(256),
    }),
  }),
]);

const Encrypted = Type.Object({
  kdf: Kdf,
  checksum: Type.Object({ function: Type.Literal('sha256'), message: hex(32) }),
  cipher: Type.Object({
    function: Type.Literal('aes-128-ctr'),
    params: Type.Object({ iv: hex(16) }),
    message: hex(16_384),
  }),
});

export type EncryptedKey = Static<typeof Encrypted>;

/** The encrypted key in a parsed JSON file, at the top level or under `crypto`; null where there is none. */
export const parseEncryptedKey = (value: unknown): EncryptedKey | null => {
  if (Value.Check(Encrypted, value)) return value;
  const nested = typeof value === 'object' && value !== null && 'crypto' in value ? value.crypto : null;
  return Value.Check(Encrypted, nested) ? nested : null;
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

const derive = async (kdf: EncryptedKey['kdf'], password: string): Promise<Buffer> => {
  const secret = passwordBytes(password);
  const salt = Buffer.from(kdf.params.salt, 'hex');
  switch (kdf.function) {
    case 'pbkdf2':
      return promisify(pbkdf2)(secret, salt, kdf.params.c, 32, 'sha256');
    case 'scrypt': {
      const { n, r, p } = kdf.params;
      return scryptAsync(secret, salt, { N: n, r, p, maxmem: scryptMemory(n, r, p) });
    }
  }
};

const scryptAsync = (
  secret: Uint8Array,
  salt: Buffer,
  options: { N: number; r: number; p: number; maxmem: number },
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, options, (error, derived) =>
      error === null ? resolve(derived) : reject(error),
    );
  });
