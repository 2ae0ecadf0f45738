/**
 * What slashing protection is asked, and what it answers (EIP-3076).
 */
import type { Epoch, Root, Slot } from '../ids.ts';

/** `key` is the public key whose history this is: the validator key in a node, the share key in `quorate signer`. */
export type SlashingItem =
  | {
      readonly type: 'attestation';
      readonly key: string;
      readonly source: Epoch;
      readonly target: Epoch;
      readonly signingRoot: Root;
    }
  | { readonly type: 'block'; readonly key: string; readonly slot: Slot; readonly signingRoot: Root };

export type SlashingVerdict =
  | { readonly type: 'safe' }
  /** The very same root is already recorded: signing it again is safe. */
  | { readonly type: 'same-data' }
  /** `rule` is a stable word; `detail` a sentence with the numbers that collide, fit for a log and an error body. */
  | {
      readonly type: 'slashable';
      readonly rule:
        | 'double-vote'
        | 'surrounds'
        | 'surrounded'
        | 'double-block'
        | 'below-minimum'
        | 'source-after-target';
      readonly detail: string;
    };
