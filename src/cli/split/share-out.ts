/**
 * One validator key into shares, proven before anyone keeps them.
 */
import { randomBytes } from 'node:crypto';
import { PublicKey, SecretKey, Signature, verify } from '@chainsafe/blst';
import { fromHex } from '../../core/bytes.ts';
import type { Committee } from '../../core/registry/committee.ts';
import { recoverSignature } from '../../core/threshold/recover.ts';
import { COEFFICIENT_BYTES, type KeyShare, splitKey } from '../../core/threshold/split.ts';
import { CommandFailed } from '../command.ts';
import type { OpenedKey } from '../keystore-file.ts';

/** Shares for each operator of the committee. Throws CommandFailed unless any quorum in a row signs for the validator. */
export const shareOut = (key: OpenedKey, { operators, quorum }: Committee): readonly KeyShare[] => {
  const coefficients = Array.from({ length: quorum - 1 }, () => randomBytes(COEFFICIENT_BYTES));
  const shares = splitKey(key.secret, quorum, operators, coefficients);
  for (const coefficient of coefficients) coefficient.fill(0);
  const message = randomBytes(32);
  const partials = shares.map(({ operator, secret }) => ({
    operator,
    signature: SecretKey.fromBytes(secret).sign(message).toBytes(),
  }));
  for (let first = 0; first + quorum <= partials.length; first++) {
    const recovered = recoverSignature(partials.slice(first, first + quorum));
    if (!verify(message, PublicKey.fromBytes(fromHex(key.publicKey, 48)), Signature.fromBytes(recovered))) {
      throw new CommandFailed(`the shares of ${key.publicKey} do not sign for it; nothing was written`);
    }
  }
  return shares;
};
