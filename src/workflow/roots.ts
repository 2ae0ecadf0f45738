/**
 * Signing roots of values that peers sent: what does not decode has no root.
 */
import type { Network } from '../core/eth2/network.ts';
import type { Signable, SigningRoots } from '../core/eth2/signable.ts';
import { rootsOf } from '../core/eth2/signing-root.ts';

/** null where the signable holds bytes that are not SSZ of its type. */
export const computeRoots = (network: Network, signable: Signable): SigningRoots | null => {
  try {
    return rootsOf(network, signable);
  } catch {
    // The SSZ library throws on malformed bytes; for the caller that is an outcome, not a fault.
    return null;
  }
};
