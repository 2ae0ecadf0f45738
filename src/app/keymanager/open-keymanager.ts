/**
 * The keymanager API of a node and of a signer, by their configuration; off unless asked for.
 */
import type { Logger } from 'pino';
import type { OperatorId, ShareKey, ValidatorKey } from '../../core/ids.ts';
import type { Registry } from '../../core/registry/committee.ts';
import type { Keymanager, PolicyAdmin } from '../../http/keymanager/deps.ts';
import type { Database } from '../../storage/database.ts';
import type { RunConfig } from '../config.ts';
import type { KeystoreShares } from '../shares/keystore-shares.ts';
import type { OpenedShares } from '../shares/open-shares.ts';
import { createHistories } from './histories.ts';
import { createKeystoreAdmin, createRemoteKeystoreAdmin, type ShareOwners } from './keystore-admin.ts';
import { defaultTokenPath, openToken } from './token-file.ts';

type KeymanagerConfig = Pick<
  RunConfig,
  'keymanagerEnabled' | 'keymanagerTokenFile' | 'dataDir' | 'keystoresDir' | 'httpHost' | 'tlsCertFile'
>;

/** To spread into HttpDeps. */
type MaybeKeymanager = { readonly keymanager?: Keymanager };

/** Throws StartFailed. */
export const openNodeKeymanager = (
  config: KeymanagerConfig & Pick<RunConfig, 'signerTimeoutMs'>,
  parts: {
    readonly shares: OpenedShares;
    readonly database: Database;
    readonly policies: PolicyAdmin;
    readonly registry: Registry;
    readonly self: OperatorId;
    readonly log: Logger;
  },
): MaybeKeymanager => {
  if (!config.keymanagerEnabled) return {};
  const { shares, database, policies, registry, self, log } = parts;
  const owners = ownersOf(registry, self);
  const histories = createHistories(database, owners.validatorOf);
  const keystores =
    shares.keystores === null
      ? createRemoteKeystoreAdmin(shares.shareSigner, config.signerTimeoutMs, histories, owners)
      : createKeystoreAdmin(shares.keystores, config.keystoresDir ?? '', histories, owners, log);
  return { keymanager: { token: tokenOf(config, log), keystores, policies } };
};

/** Throws StartFailed. */
export const openSignerKeymanager = (
  config: KeymanagerConfig,
  keystores: KeystoreShares,
  database: Database,
  log: Logger,
): MaybeKeymanager => {
  if (!config.keymanagerEnabled) return {};
  const histories = createHistories(database, () => null);
  const admin = createKeystoreAdmin(keystores, config.keystoresDir ?? '', histories, null, log);
  return { keymanager: { token: tokenOf(config, log), keystores: admin, policies: null } };
};

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

const tokenOf = (config: KeymanagerConfig, log: Logger): string => {
  if (config.tlsCertFile === undefined && !loopback.has(config.httpHost)) {
    log.warn(
      'keymanager: token, keystores and passwords travel unencrypted: give --tls-cert-file and --tls-key-file, or listen on 127.0.0.1',
    );
  }
  return openToken(config.keymanagerTokenFile ?? defaultTokenPath(config.dataDir), log);
};

/** By the registry of the moment; the table is made anew when another one comes. */
const ownersOf = (registry: Registry, self: OperatorId): ShareOwners => {
  let madeFrom: Registry['validators'] | null = null;
  let owners: ReadonlyMap<ShareKey, ValidatorKey> = new Map();
  const current = (): ReadonlyMap<ShareKey, ValidatorKey> => {
    if (madeFrom !== registry.validators) {
      madeFrom = registry.validators;
      owners = new Map(
        [...registry.validators.values()].flatMap(({ key, shares }) => {
          const share = shares.get(self);
          return share === undefined ? [] : [[share, key] as const];
        }),
      );
    }
    return owners;
  };
  return {
    validatorOf: (share) => current().get(share) ?? null,
    isValidator: (key) => registry.validators.has(key as ValidatorKey),
  };
};
