/**
 * An operator's RSA private key in use, wherever it is held: it signs messages and decrypts shares.
 *
 * Both are PKCS#1 v1.5, as the SSV network has it.
 */
import { constants, type KeyObject, privateDecrypt, sign } from 'node:crypto';
import { publicPemOf } from './key-file.ts';

export interface OperatorPrivateKey extends AsyncDisposable {
  /** See core/registry/operator-public-key.ts. */
  readonly publicPem: string;
  /** RSASSA-PKCS1-v1_5 with SHA-256; 256 bytes. */
  sign(data: Uint8Array): Promise<Uint8Array>;
  /**
   * RSAES-PKCS1-v1_5. Never trust that it fails: OpenSSL and tokens answer a wrong ciphertext with random bytes, by design, so
   * the caller checks what comes out against what it knows (a share's public key). Rejects where it is not 256 bytes.
   */
  decrypt(ciphertext: Uint8Array): Promise<Uint8Array>;
}

export const modulusBytes = 256;

/** A key in this process's memory. */
export const privateKeyOf = (key: KeyObject): OperatorPrivateKey => ({
  publicPem: publicPemOf(key),
  sign: (data) =>
    // The callback form works on the thread pool; 0.7 ms on the event loop for each message would add up.
    new Promise((resolve, reject) => {
      sign('sha256', data, key, (error, signature) => (error === null ? resolve(signature) : reject(error)));
    }),
  decrypt: async (ciphertext) => {
    checkCiphertext(ciphertext);
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, ciphertext);
  },
  [Symbol.asyncDispose]: async () => undefined,
});

/** Throws RangeError. */
export const checkCiphertext = ({ length }: Uint8Array): void => {
  if (length !== modulusBytes)
    throw new RangeError(`a ciphertext of an operator key has ${modulusBytes} bytes, not ${length}`);
};
