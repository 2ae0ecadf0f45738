/**
 * The secret keys of Lodestar's `dev` genesis: the interop keys of the eth2.0-pm mocked start.
 *
 * sk(i) = int_little_endian(sha256(uint256_little_endian(i))) mod r. Known to the whole world; for test chains only.
 */
import { createHash } from 'node:crypto';
import { SecretKey } from '@chainsafe/blst';

const curveOrder = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

export interface InteropKey {
  readonly index: number;
  readonly secret: Uint8Array;
  /** 48 bytes as 0x-hex. */
  readonly publicKey: string;
}

export const interopKey = (index: number): InteropKey => {
  const seed = Buffer.alloc(32);
  seed.writeUInt32LE(index);
  const hash = createHash('sha256').update(seed).digest().reverse();
  const scalar = BigInt(`0x${hash.toString('hex')}`) % curveOrder;
  const secret = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
  return { index, secret, publicKey: SecretKey.fromBytes(secret).toPublicKey().toHex() };
};
