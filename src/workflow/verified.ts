/**
 * Verifies operators' signatures once: round changes and proposals carry messages that came by before.
 */
import { digest } from '@chainsafe/as-sha256';
import { concatBytes, toHex } from '../core/bytes.ts';
import type { Slot } from '../core/ids.ts';
import { encodeSsvMessage, type SignedMessage } from '../core/wire/signed.ts';
import type { OperatorKeys } from './ports.ts';

/** Remembered signatures. */
const rememberedMax = 4096;

/** True where there is one good signature for each operator that a message of that slot names. Never throws. */
export const createVerifier = (
  keys: Pick<OperatorKeys, 'verify'>,
): ((signed: SignedMessage, slot: Slot) => boolean) => {
  const good = new Set<string>();
  const isGood = (
    operator: SignedMessage['operators'][number],
    data: Uint8Array,
    signature: Uint8Array,
    slot: Slot,
  ): boolean => {
    const name = toHex(
      digest(
        concatBytes(
          Uint8Array.of(operator & 0xff, (operator >> 8) & 0xff, (operator >> 16) & 0xff, operator >>> 24),
          signature,
          data,
        ),
      ),
    );
    const known = `${slot}/${name}`;
    if (good.has(known)) return true;
    if (!keys.verify(operator, data, signature, slot)) return false;
    const [oldest] = good;
    if (good.size >= rememberedMax && oldest !== undefined) good.delete(oldest);
    good.add(known);
    return true;
  };
  return (signed, slot) => {
    if (signed.operators.length === 0 || signed.operators.length !== signed.signatures.length) return false;
    const data = encodeSsvMessage(signed.message);
    return signed.operators.every((operator, at) => {
      const signature = signed.signatures[at];
      return signature !== undefined && isGood(operator, data, signature, slot);
    });
  };
};
