/**
 * What the main thread and a key thread say to each other. Secrets and passwords are in none of it.
 *
 * A key thread answers in the order in which it is asked.
 */
import type { Root, ShareKey } from '../../../core/ids.ts';
import type { KeystoreFile, ProblemReason } from '../folder.ts';

export type KeyRequest =
  | { readonly type: 'load'; readonly file: KeystoreFile }
  | { readonly type: 'sign'; readonly items: readonly { readonly key: ShareKey; readonly root: Root }[] }
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
   * In the order of the items, 192 bytes each: the signature, then the y-coordinate of its point. Null for a key that this thread
   * does not hold.
   */
  | { readonly type: 'signed'; readonly signatures: readonly (Uint8Array | null)[] }
  | { readonly type: 'forgotten' };
