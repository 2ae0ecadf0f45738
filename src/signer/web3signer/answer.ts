/**
 * What a Web3Signer's answers mean.
 */
import { fromHex, isHexOf } from '../../core/bytes.ts';
import { parseShareKey, type ShareKey } from '../../core/ids.ts';
import type { SignerFailureReason } from '../../workflow/outcome.ts';

/**
 * The reason for a status other than 200, and what an operator should look at.
 * 412: slashing protection (also another genesis_validators_root, or a key that was disabled). 500 includes a signing root that
 * differs from its own, as with another --network.
 */
export const failureOf = (
  status: number,
): { readonly reason: SignerFailureReason; readonly hint: string } => {
  switch (status) {
    case 412:
      return { reason: 'refused', hint: 'its slashing protection refuses, or the key is disabled there' };
    case 400:
      return { reason: 'refused', hint: 'it does not accept the request; check its version' };
    case 404:
      return { reason: 'unknown-key', hint: 'it does not hold this share' };
    case 401:
    case 403:
      return {
        reason: 'unavailable',
        hint: 'it does not let this host in; check its host allow list and client certificates',
      };
    case 500:
      return { reason: 'unavailable', hint: 'it failed; check its log, and that its network is ours' };
    default:
      return { reason: 'unavailable', hint: 'check its log, and any proxy between' };
  }
};

/** A short piece of an answer's body, fit for a log line. */
export const excerpt = (text: string): string =>
  text
    .slice(0, 200)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim();

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the plain form of an answer, or nonsense. The caller tells the two apart.
    return null;
  }
};

/** From `{"signature":"0x..."}`, or bare hex as Web3Signer sends it where a proxy stripped Accept. Null for anything else. */
export const signatureOf = (text: string): Uint8Array | null => {
  const trimmed = text.trim();
  const json = trimmed.startsWith('{') || trimmed.startsWith('"') ? jsonOf(trimmed) : trimmed;
  const hex = typeof json === 'object' && json !== null && 'signature' in json ? json.signature : json;
  return isHexOf(hex, 96) ? fromHex(hex) : null;
};

/** From the array of publicKeys. Null where any entry is not a key. */
export const keysOf = (text: string): readonly ShareKey[] | null => {
  const list = jsonOf(text);
  if (!Array.isArray(list)) return null;
  const keys = list.map((entry) =>
    parseShareKey(typeof entry === 'string' && !entry.startsWith('0x') ? `0x${entry}` : entry),
  );
  return keys.some((key) => key === null) ? null : (keys as ShareKey[]);
};
