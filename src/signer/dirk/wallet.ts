/**
 * Writes shares as a Dirk wallet on disk: what an operator would have imported with Dirk's own tools.
 *
 * Dirk has no way to import while it runs, and reads its accounts once, when it starts. A wallet is a folder
 * `<wallet uuid>/` in the store with a header of the same name and one file an account; Dirk makes its index from these. The
 * secrets are EIP-2335 ciphertexts, all under one passphrase that Dirk's `unlocker.account-passphrases` must hold.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKeystore } from '../keystore/create-keystore.ts';

export interface WalletAccount {
  /** Not beginning with an underscore, no slash. */
  readonly name: string;
  /** 32 bytes, big-endian. */
  readonly secret: Uint8Array;
}

export interface WalletOptions {
  /** Folder of Dirk's filesystem store (`stores[].location`). */
  readonly store: string;
  readonly wallet: string;
  readonly passphrase: string;
  /** Rounds of pbkdf2 for each account; the EIP's own unless given. */
  readonly cost?: number;
}

const badName = (name: string): boolean => !/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}$/.test(name);

/** Throws RangeError for names that Dirk would not take, and what the file system throws. */
export const writeWallet = async (
  { store, wallet, passphrase, cost }: WalletOptions,
  accounts: readonly WalletAccount[],
): Promise<void> => {
  const names = new Set(accounts.map(({ name }) => name));
  if (badName(wallet) || [...names].some(badName) || names.size !== accounts.length) {
    throw new RangeError('wallet and account names are letters, digits, space, dot, dash; accounts differ');
  }
  const id = randomUUID();
  const folder = join(store, id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, value: object): Promise<void> =>
    writeFile(join(folder, name), JSON.stringify(value), { mode: 0o600, flag: 'wx' });
  for (const { name, secret } of accounts) {
    const { crypto, pubkey, uuid } = await createKeystore(secret, passphrase, {
      ...(cost === undefined ? {} : { cost }),
    });
    await write(uuid, { uuid, name, pubkey, crypto, encryptor: 'keystore', version: 4 });
  }
  // The header comes last: without it Dirk does not see the folder, so a half-written wallet is no wallet.
  await write(id, { uuid: id, name: wallet, version: 1, type: 'non-deterministic' });
};
