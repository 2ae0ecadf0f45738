/**
 * Which shares a Dirk lets us see: the accounts of the configured wallets, by public key.
 *
 * Dirk answers an unknown account and a broken rule alike, so the list is what tells the two apart. It is read anew where a share
 * is not in it, but not more often than every few seconds, whatever is asked. Of a distributed account it is this Dirk's own
 * share that counts, not the composite key.
 */
import { toHex } from '../../core/bytes.ts';
import { parseShareKey, type ShareKey } from '../../core/ids.ts';
import type { ListAccountsResponse } from './dirk-pb.ts';

const REFRESH_MIN_MS = 5000;

/** Account names by share. Null where the answer holds what is no public key. */
export const sharesIn = ({
  accounts,
  distributedAccounts,
}: ListAccountsResponse): ReadonlyMap<ShareKey, string> | null => {
  const shares = new Map<ShareKey, string>();
  for (const { name, publicKey } of [...accounts, ...distributedAccounts]) {
    const share = parseShareKey(toHex(publicKey));
    if (share === null) return null;
    shares.set(share, name);
  }
  return shares;
};

export interface Accounts {
  /** Reads the list anew, once for all who wait. */
  read(): Promise<ReadonlyMap<ShareKey, string>>;
  has(share: ShareKey): Promise<boolean>;
}

/** `list` asks Dirk. */
export const createAccounts = (
  list: () => Promise<ReadonlyMap<ShareKey, string>>,
  now: () => number,
): Accounts => {
  let known: ReadonlyMap<ShareKey, string> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<ReadonlyMap<ShareKey, string>> | null = null;
  const readOnce = async (): Promise<ReadonlyMap<ShareKey, string>> => {
    try {
      known = await list();
      readAt = now();
      return known;
    } finally {
      reading = null;
    }
  };
  const read = (): Promise<ReadonlyMap<ShareKey, string>> => {
    reading ??= readOnce();
    return reading;
  };
  return {
    read,
    async has(share) {
      if (known.has(share)) return true;
      return now() - readAt >= REFRESH_MIN_MS ? (await read()).has(share) : false;
    },
  };
};
