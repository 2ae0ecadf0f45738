/**
 * What can be held against a message's sender whatever the receiver has seen.
 */
import { digest } from '@chainsafe/as-sha256';
import { equalBytes } from '../bytes.ts';
import type { QbftMessage } from '../wire/qbft-message.ts';
import type { SignedMessage } from '../wire/signed.ts';

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/**
 * What is wrong with a consensus message for every receiver at any time, and so its sender's fault: nobody honest sends or
 * forwards it. All else depends on what a receiver has seen, and is ignored, never held against whoever passed it on.
 */
export const findFault = (
  signed: SignedMessage,
  message: QbftMessage,
  valueBytesMax: number,
): string | null => {
  if (!equalBytes(message.identifier, signed.message.id)) return 'the identifier is of another duty';
  const hasValue = signed.fullData.length > 0;
  if (signed.fullData.length > valueBytesMax) return 'the value is too long';
  // The signatures do not cover the full data: its hash binds it.
  if (hasValue && !equalBytes(digest(signed.fullData), message.root))
    return 'the value is not that of the root';
  const isCertificate = message.type === 'commit' && signed.operators.length > 1;
  if (signed.operators.length > 1 && !isCertificate) return 'one-signer-only';
  const isBare =
    message.dataRound === 0 &&
    message.roundChangeJustification.length + message.prepareJustification.length === 0;
  switch (message.type) {
    case 'proposal':
      return hasValue ? null : 'a proposal without its value';
    case 'prepare':
    case 'commit':
      if (!isBare) return 'a ballot that carries a justification';
      return hasValue === isCertificate ? null : 'a ballot with a value, or a certificate without';
    case 'round-change':
      if (message.dataRound >= message.round) return 'a round change that was prepared in its own future';
      if (message.dataRound > 0) return hasValue ? null : 'a prepared round change without its value';
      // No value hashes to zero, so a root of zero says that there is none; `hasValue` stands here for the reader.
      return hasValue || !isBare || !isZero(message.root)
        ? 'an unprepared round change that carries something'
        : null;
  }
};
