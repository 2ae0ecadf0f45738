/**
 * Which signer holds which share, by what they list.
 *
 * Lists are kept: a signer that cannot be asked keeps its last one, so that it stays the way to its shares. A share that is in
 * none of them, or that its signer disowned, makes them be read anew, but not more often than every few seconds, whatever is
 * asked.
 */
import type { ShareKey } from '../core/ids.ts';
import { type ShareSigner, SignerFailed } from '../workflow/ports.ts';
import { unlessAborted } from './unless-aborted.ts';

const REFRESH_MIN_MS = 5000;

/** What is known of one signer's shares. */
export interface KeyList {
  readonly signer: ShareSigner;
  /** The last list that came; null where none ever did. */
  readonly held: ReadonlySet<ShareKey> | null;
  /** Why the last attempt to read it failed; null where it did not. */
  readonly failure: unknown;
}

export interface KeyLists {
  /** As last read. */
  known(): readonly KeyList[];
  /** Reads all anew, once for all who wait. Throws SignerFailed where the caller gives up. */
  read(action: string, signal: AbortSignal): Promise<readonly KeyList[]>;
  /** Who lists the share, in the order of the signers; reads anew where nobody does and it may. */
  holders(share: ShareKey, action: string, signal: AbortSignal): Promise<readonly ShareSigner[]>;
  /** A signer does not hold what it listed. */
  disown(signer: ShareSigner, share: ShareKey): void;
}

export const createKeyLists = (
  signers: readonly ShareSigner[],
  now: () => number,
  onListed: (signer: ShareSigner, isUp: boolean) => void,
): KeyLists => {
  let lists: readonly KeyList[] = signers.map((signer) => ({ signer, held: null, failure: null }));
  const disowned = new Map<ShareSigner, Set<ShareKey>>();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<readonly KeyList[]> | null = null;

  const readOne = async (last: KeyList, signal: AbortSignal): Promise<KeyList> => {
    const { signer } = last;
    try {
      const held = new Set(await signer.keys(signal));
      onListed(signer, true);
      return { signer, held, failure: null };
    } catch (failure) {
      onListed(signer, false);
      return { ...last, failure };
    }
  };
  const readAll = async (): Promise<readonly KeyList[]> => {
    readAt = now();
    // Each signer bounds its own time; one caller that gives up must not fail the others that wait for the same lists.
    const { signal } = new AbortController();
    lists = await Promise.all(lists.map((list) => readOne(list, signal)));
    disowned.clear();
    reading = null;
    return lists;
  };
  const holdersNow = (share: ShareKey): readonly ShareSigner[] =>
    lists
      .filter(({ signer, held }) => held?.has(share) && !disowned.get(signer)?.has(share))
      .map(({ signer }) => signer);
  const read = async (action: string, signal: AbortSignal): Promise<readonly KeyList[]> => {
    reading ??= readAll();
    try {
      return await unlessAborted(reading, signal);
    } catch (cause) {
      throw new SignerFailed('timeout', `${action}: given up by the caller`, { cause });
    }
  };
  return {
    known: () => lists,
    read,
    async holders(share, action, signal) {
      const mayRead = reading !== null || now() - readAt >= REFRESH_MIN_MS;
      if (holdersNow(share).length === 0 && mayRead) await read(action, signal);
      return holdersNow(share);
    },
    disown(signer, share) {
      disowned.set(signer, (disowned.get(signer) ?? new Set()).add(share));
    },
  };
};
