/**
 * Keystores by the keymanager API: the share keystores of this process, or the list of those that another signer keeps.
 */
import { accessSync, constants } from 'node:fs';
import type { Logger } from 'pino';
import type { ShareKey, ValidatorKey } from '../../core/ids.ts';
import type { DeleteStatus, ImportStatus, KeystoreAdmin } from '../../http/keymanager/deps.ts';
import type { Added } from '../../signer/keystore/add.ts';
import type { Removed } from '../../signer/keystore/keystores.ts';
import type { ShareSigner } from '../../workflow/ports.ts';
import type { KeystoreShares } from '../shares/keystore-shares.ts';
import type { Histories } from './histories.ts';

/** What a node knows of shares, and a signer does not. */
export interface ShareOwners {
  validatorOf(share: ShareKey): ValidatorKey | null;
  isValidator(key: string): boolean;
}

/** `owners` is null in a signer, where every key is just a key. */
export const createKeystoreAdmin = (
  keystores: KeystoreShares,
  folderPath: string,
  histories: Histories,
  owners: ShareOwners | null,
  log: Logger,
): KeystoreAdmin => {
  const forbids = (key: ShareKey): string | null =>
    owners?.isValidator(key)
      ? 'this is the key of a whole validator, not a share of it; split it first (quorate split)'
      : null;
  const statusOf = (share: ShareKey, removed: Removed): DeleteStatus => {
    switch (removed.type) {
      case 'removed':
        return { status: 'deleted' };
      case 'failed':
        return { status: 'error', message: removed.detail };
      case 'not-held':
        if (histories.has(share)) return { status: 'not_active' };
        return owners?.isValidator(share)
          ? { status: 'not_found', message: 'this is a validator; delete its share, which GET lists' }
          : { status: 'not_found' };
    }
  };
  return {
    list: async () => {
      await keystores.opened;
      const isReadonly = !isWritable(folderPath);
      return keystores.keys().map((key) => ({
        key,
        isReadonly,
        ...(owners === null ? {} : { shareOf: owners.validatorOf(key) }),
      }));
    },
    import: async (items, slashingProtection) => {
      const folder = await keystores.folder();
      // First, so that no key is there for a moment without its history.
      const why = slashingProtection === null ? null : histories.import(slashingProtection);
      if (why !== null) return { type: 'malformed', why };
      const statuses = (await folder.add(items, forbids)).map(importStatusOf);
      const count = statuses.filter(({ status }) => status === 'imported').length;
      log.info({ items: items.length, imported: count }, `keymanager: ${count} keystores imported`);
      return { type: 'done', statuses };
    },
    delete: async (keys) => {
      const folder = await keystores.folder();
      const removed = await folder.remove(keys);
      const statuses = keys.map((key, at) => statusOf(key, removed[at] ?? { type: 'not-held' }));
      const told = keys.filter((_, at) => tellsHistory.has(statuses[at]?.status));
      const deleted = keys.filter((_, at) => statuses[at]?.status === 'deleted');
      log.warn({ keys: deleted }, `keymanager: ${deleted.length} keystores deleted`);
      return { statuses, slashingProtection: histories.export(told) };
    },
  };
};

const tellsHistory: ReadonlySet<unknown> = new Set<DeleteStatus['status']>(['deleted', 'not_active']);

const importStatusOf = (added: Added): ImportStatus => {
  switch (added.type) {
    case 'added':
      return { status: 'imported' };
    case 'duplicate':
      return { status: 'duplicate' };
    case 'refused':
      return { status: 'error', message: added.detail };
  }
};

const isWritable = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    // Whatever is in the way, nothing can be deleted.
    return false;
  }
};

/** Shares that another signer keeps are told and left to it. */
export const createRemoteKeystoreAdmin = (
  shareSigner: ShareSigner,
  timeoutMs: number,
  histories: Histories,
  owners: ShareOwners,
): KeystoreAdmin => {
  const message = 'the shares of this node are kept by another signer: import and delete them there';
  return {
    list: async () =>
      (await shareSigner.keys(AbortSignal.timeout(timeoutMs))).map((key) => ({
        key,
        isReadonly: true,
        shareOf: owners.validatorOf(key),
      })),
    import: async (items) => ({ type: 'done', statuses: items.map(() => ({ status: 'error', message })) }),
    delete: async (keys) => ({
      statuses: keys.map(() => ({ status: 'error', message })),
      slashingProtection: histories.export([]),
    }),
  };
};
