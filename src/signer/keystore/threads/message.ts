/**
 * What the main thread and a key thread say to each other. Secrets and passwords are in none of it.
 *
 * A key thread answers in the order in which it is asked.
 */
import type { Root, ShareKey } from '../../../core/ids.ts';
import type { KeystoreFile, ProblemReason } from '../folder.ts';

/** Bytes of a signature and the y-coordinate of its point. */
export const SIGNED_BYTES = 192;

export type KeyRequest =
  | { readonly type: 'load'; readonly file: KeystoreFile }
  /** The first root with the first key, and so on. Lists of their own cross to the thread cheaper than a list of pairs. */
  | { readonly type: 'sign'; readonly keys: readonly ShareKey[]; readonly roots: readonly Root[] }
  /** Overwrites these secrets; the thread signs with them no more. */
  | { readonly type: 'drop'; readonly keys: readonly ShareKey[] }
  /** Overwrites all secrets. */
  | { readonly type: 'forget' };

export type LoadAnswer =
  | { readonly type: 'loaded'; readonly key: ShareKey }
  | {
      readonly type: 'problem';
      readonly reason: ProblemReason;
      readonly detail: string;
      readonly nextStep: string;
    };

export type KeyAnswer =
  | LoadAnswer
  /**
   * In the order of the keys, 192 bytes each: the signature, then the y-coordinate of its point. Zeros in the place of a key that
   * this thread does not hold, which is named among the missing by its place.
   */
  | {
      readonly type: 'signed';
      readonly signatures: Uint8Array<ArrayBuffer>;
      readonly missing: readonly number[];
    }
  | { readonly type: 'forgotten' };
