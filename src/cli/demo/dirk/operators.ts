/**
 * A Dirk for each operator of a demonstration cluster, with the operator's shares imported into its wallet.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type WalletAccount, writeWallet } from '../../../signer/dirk/wallet.ts';
import { decryptKeystore, parseKeystore } from '../../../signer/keystore/eip2335.ts';
import { CommandFailed } from '../../command.ts';
import type { DemoCluster } from '../cluster.ts';
import { freePorts } from '../ports.ts';
import { createAuthority } from './certificates.ts';
import { installDirk } from './program.ts';
import { createDirk, type Dirk, storeOf } from './server.ts';

export interface Dirks extends AsyncDisposable {
  /** The same cluster, each operator with its own Dirk in the place of keystores. */
  readonly cluster: DemoCluster;
}

const wallet = 'shares';
/** The demonstration's keys are worth nothing. */
const [passphrase, rounds] = ['demo passphrase', 4096];

const accountsOf = async (cluster: DemoCluster, operator: number): Promise<readonly WalletAccount[]> => {
  const { keystores, passwords } = cluster.sharesOf(operator);
  const names = (await readdir(keystores)).filter((name) => name.endsWith('.json'));
  return Promise.all(
    names.map(async (file) => {
      const name = file.slice(0, -'.json'.length);
      const parsed = parseKeystore(await readFile(join(keystores, file), 'utf8'));
      const password = (await readFile(join(passwords, `${name}.txt`), 'utf8')).trim();
      const secret = parsed.type === 'keystore' ? await decryptKeystore(parsed.keystore, password) : null;
      if (secret === null) throw new CommandFailed(`${join(keystores, file)} cannot be decrypted`);
      return { name, secret };
    }),
  );
};

/** Built where there is none yet, laid out and started. Throws CommandFailed. */
export const startDirks = async (cluster: DemoCluster, say: (text: string) => void): Promise<Dirks> => {
  const program = await installDirk(say);
  const authority = await createAuthority(join(cluster.dir, 'certificates'));
  const portOf = await freePorts(cluster.operators.length);
  const started: Dirk[] = [];
  const flags = new Map<number, readonly string[]>();
  const stop = async (): Promise<void> => void (await Promise.all(started.map((dirk) => dirk.kill())));
  const startOne = async (operator: number): Promise<void> => {
    const [name, client] = [`dirk-${operator}`, `operator-${operator}`];
    const dir = join(cluster.dir, name);
    await writeWallet(
      { store: storeOf(dir), wallet, passphrase, cost: rounds },
      await accountsOf(cluster, operator),
    );
    const shown = await authority.client(client);
    const dirk = await createDirk({
      program,
      dir,
      name,
      port: portOf(operator),
      caFile: authority.caFile,
      certificate: await authority.server(name),
      passphrase,
      permissions: {
        [client]: {
          [wallet]: ['Access account', 'Sign', 'Sign beacon attestation', 'Sign beacon proposal'],
        },
      },
    });
    started.push(dirk);
    await dirk.start();
    flags.set(operator, [
      ...['--signer', 'dirk', '--dirk-endpoint', dirk.endpoint, '--dirk-server-name', name],
      ...['--dirk-wallets', wallet, '--dirk-ca-file', authority.caFile],
      ...['--dirk-cert-file', shown.certFile, '--dirk-key-file', shown.keyFile],
    ]);
  };
  try {
    for (const operator of cluster.operators) await startOne(operator);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    cluster: {
      ...cluster,
      argumentsOf: (operator) => [
        ...cluster.argumentsWithoutSigner(operator),
        ...(flags.get(operator) ?? []),
      ],
    },
    [Symbol.asyncDispose]: stop,
  };
};
