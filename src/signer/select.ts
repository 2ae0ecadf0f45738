/**
 * Several share signers as one: each share is signed by the first signer that lists it.
 *
 * Lists are kept. A share that is in none of them, or that its signer disowned, makes them be read anew, but not more often
 * than every few seconds, whatever is asked. Left to others: sharing slashing protection between signers; the node's own
 * protection has recorded a root before any of them is asked.
 */
import type { ShareKey } from '../core/ids.ts';
import { type ShareSigner, SignerFailed } from '../workflow/ports.ts';
import { unlessAborted } from './unless-aborted.ts';

const REFRESH_MIN_MS = 5000;

export interface SelectOptions {
  /** Monotonic ms; performance.now unless given. */
  readonly now?: () => number;
}

interface Lists {
  readonly routes: ReadonlyMap<ShareKey, ShareSigner>;
  /** What the signers said that could not list their keys. */
  readonly failures: readonly unknown[];
}

const readLists = async (signers: readonly ShareSigner[]): Promise<Lists> => {
  // Each signer bounds its own time; one caller that gives up must not fail the others that wait for the same lists.
  const { signal } = new AbortController();
  const lists = await Promise.allSettled(signers.map((signer) => signer.keys(signal)));
  const routes = new Map<ShareKey, ShareSigner>();
  const failures: unknown[] = [];
  for (const [at, list] of lists.entries()) {
    if (list.status === 'rejected') failures.push(list.reason);
    else for (const key of list.value) if (!routes.has(key)) routes.set(key, signers[at] as ShareSigner);
  }
  return { routes, failures };
};

interface ListKeeper {
  /** Reads the lists anew, once for all who wait. */
  read(action: string, signal: AbortSignal): Promise<Lists>;
  /** The lists as far as this share needs them. */
  readFor(share: ShareKey, action: string, signal: AbortSignal): Promise<Lists>;
  /** Its signer does not hold it after all. */
  disown(share: ShareKey): void;
}

const createListKeeper = (signers: readonly ShareSigner[], now: () => number): ListKeeper => {
  const disowned = new Set<ShareKey>();
  let lists: Lists = { routes: new Map(), failures: [] };
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Lists> | null = null;

  const readAll = async (): Promise<Lists> => {
    readAt = now();
    lists = await readLists(signers);
    disowned.clear();
    reading = null;
    return lists;
  };
  const read = async (action: string, signal: AbortSignal): Promise<Lists> => {
    reading ??= readAll();
    try {
      return await unlessAborted(reading, signal);
    } catch (cause) {
      throw new SignerFailed('timeout', `${action}: given up by the caller`, { cause });
    }
  };
  return {
    read,
    async readFor(share, action, signal) {
      const isKnown = lists.routes.has(share) && !disowned.has(share);
      const mayRead = reading !== null || now() - readAt >= REFRESH_MIN_MS;
      return isKnown || !mayRead ? lists : await read(action, signal);
    },
    disown: (share) => void disowned.add(share),
  };
};

/** Does not own the signers: whoever made them disposes of them. */
export const selectSigner = (signers: readonly ShareSigner[], options: SelectOptions = {}): ShareSigner => {
  const keeper = createListKeeper(signers, options.now ?? (() => performance.now()));
  return {
    async sign(task, signal) {
      const action = `sign ${task.signable.type} with share ${task.share}`;
      const { routes, failures } = await keeper.readFor(task.share, action, signal);
      const signer = routes.get(task.share);
      if (signer === undefined) throw notListed(action, failures);
      try {
        return await signer.sign(task, signal);
      } catch (error) {
        if (error instanceof SignerFailed && error.reason === 'unknown-key') keeper.disown(task.share);
        throw error;
      }
    },
    async keys(signal) {
      const action = 'list the share keys';
      const { routes, failures } = await keeper.read(action, signal);
      // A list is complete or none: clients drop what is missing from it.
      if (failures.length > 0) throw notListed(action, failures);
      return [...routes.keys()];
    },
  };
};

const notListed = (action: string, failures: readonly unknown[]): SignerFailed => {
  const [cause] = failures;
  if (cause === undefined) return new SignerFailed('unknown-key', `${action}: no signer lists it`);
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SignerFailed(
    'unavailable',
    `${action}: ${failures.length} signers could not list their keys (${why})`,
    { cause },
  );
};
