/**
 * A real Dirk for tests: certificates made on the spot, a wallet with the contract's shares, one process.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecretKey } from '@chainsafe/blst';
import {
  type Authority,
  type Certificate,
  createAuthority,
} from '../../../src/cli/demo/dirk/certificates.ts';
import { findDirk } from '../../../src/cli/demo/dirk/program.ts';
import { createDirk, type Dirk, storeOf } from '../../../src/cli/demo/dirk/server.ts';
import { verifyPartials } from '../../../src/core/threshold/combine.ts';
import { createDirkSigner, type DirkOptions } from '../../../src/signer/dirk/dirk.ts';
import { writeWallet } from '../../../src/signer/dirk/wallet.ts';
import { secrets } from '../contract.ts';
import { freePort } from '../free-port.ts';

const hasOpenssl = (): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Why tests of a real Dirk cannot run here; false where they can. */
export const noDirk: string | false =
  findDirk() === null
    ? 'there is no dirk: node test/signer/dirk/install/main.ts builds it where Go is'
    : hasOpenssl()
      ? false
      : 'there is no openssl, which makes the certificates';

export interface World extends AsyncDisposable {
  readonly dirk: Dirk;
  readonly authority: Authority;
  /** Vouched for, and permitted to do everything. */
  readonly client: Certificate;
  /** A signer of this Dirk, as that client unless told otherwise. */
  signer(options?: Partial<DirkOptions>): ReturnType<typeof createDirkSigner>;
  /** The same as the client of this name, vouched for by our authority or another. */
  signerAs(name: string, other?: Authority): Promise<ReturnType<typeof createDirkSigner>>;
}

export const tlsOf = (caFile: string, { certFile, keyFile }: Certificate) => ({
  ca: readFileSync(caFile, 'utf8'),
  cert: readFileSync(certFile, 'utf8'),
  key: readFileSync(keyFile, 'utf8'),
});

/** What clients may do, by the name in their certificate. */
const permissions = {
  quorate: { shares: ['All'] },
  reader: { shares: ['Access account'] },
  half: { shares: ['Access account'], 'shares/share-[01]': ['Sign beacon attestation'] },
};

/** Running; holds exactly `held`. */
export const startWorld = async (held: readonly SecretKey[] = secrets): Promise<World> => {
  const program = findDirk();
  if (program === null) throw new Error('no dirk');
  const dir = await mkdtemp(join(tmpdir(), 'quorate-dirk-'));
  const authority = await createAuthority(join(dir, 'certificates'));
  const client = await authority.client('quorate');
  const accounts = held.map((secret, at) => ({ name: `share-${at}`, secret: secret.toBytes() }));
  const store = storeOf(join(dir, 'dirk'));
  await writeWallet({ store, wallet: 'shares', passphrase: 'not a secret', cost: 1024 }, accounts);
  const dirk = await createDirk({
    program,
    dir: join(dir, 'dirk'),
    name: 'dirk.test',
    port: await freePort(),
    caFile: authority.caFile,
    certificate: await authority.server('dirk.test'),
    passphrase: 'not a secret',
    permissions,
  });
  await dirk.start();
  const signer = (options: Partial<DirkOptions> = {}) =>
    createDirkSigner({
      endpoint: dirk.endpoint,
      serverName: 'dirk.test',
      ...tlsOf(authority.caFile, client),
      wallets: ['shares'],
      timeoutMs: 5000,
      verify: async (check) => verifyPartials([check])[0] === true,
      ...options,
    });
  return {
    dirk,
    authority,
    client,
    signer,
    signerAs: async (name, other = authority) =>
      signer({ ...tlsOf(authority.caFile, await other.client(name)) }),
    async [Symbol.asyncDispose]() {
      await dirk.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
};
