/**
 * Hints: what an operator's client asked for, told to the others so that they can check, and propose, a value of which they
 * have none themselves. Ours, not of the SSV spec, carried as SSVMessage type 3, `hint`.
 *
 * A hint binds nobody: it is data to be judged like a proposal. The message's data limit (726,932 bytes) bounds all of it.
 */
import { hintSsz, ssvDataBytesMax } from './containers.ts';
import { areExact, decodeSsz, inexact } from './decode.ts';
import type { WireError } from './errors.ts';
import { isWireError, wireError } from './errors.ts';

export interface Hint {
  readonly slot: number;
  readonly items: readonly HintItem[];
}

export interface HintItem {
  /** The validator's number in the registry. */
  readonly number: number;
  readonly payload: Uint8Array;
}

export const encodeHint = (hint: Hint): Uint8Array =>
  hintSsz.serialize({ slot: hint.slot, items: [...hint.items] });

export const decodeHint = (bytes: Uint8Array): Hint | WireError => {
  if (bytes.length > ssvDataBytesMax) return wireError('unmarshal', `hint has ${bytes.length} bytes`);
  const hint = decodeSsz(hintSsz, bytes, 'hint');
  if (isWireError(hint)) return hint;
  return areExact(hint.slot, ...hint.items.map((item) => item.number)) ? hint : inexact('hint');
};
