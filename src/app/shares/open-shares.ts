/**
 * The share signer of a node, by its configuration: keystores in this process, Web3Signers or Dirks.
 *
 * Decrypting may take minutes: the node starts meanwhile and says how far it is; requests wait for their key. A remote signer
 * may be down when the node starts: its keys are asked for again and again.
 */
import type { Logger } from 'pino';
import type { Network } from '../../core/eth2/network.ts';
import type { ShareKey } from '../../core/ids.ts';
import { selectSigner } from '../../signer/select.ts';
import type { Combiner, ShareSigner } from '../../workflow/ports.ts';
import type { Report } from '../../workflow/report.ts';
import type { RunConfig } from '../config.ts';
import { StartFailed } from '../start-failed.ts';
import { type KeystoreShares, openKeystoreShares } from './keystore-shares.ts';
import type { RemoteSigner } from './remote-signers.ts';

export interface OpenedShares extends AsyncDisposable {
  readonly shareSigner: ShareSigner;
  /** The keystores of this process; null where the shares are elsewhere. */
  readonly keystores: KeystoreShares | null;
  /** Why not all of these shares can be signed with now, or null. */
  missing(needed: readonly ShareKey[]): string | null;
  /** Keystores that could not be used, a sentence each. */
  problems(): readonly string[];
  /** Reads keystores or key lists anew. What is known stays known until the new is there. */
  reload(): Promise<void>;
}

/** How often remote signers are asked for their keys, which also tells whether they are up. ms */
const askAgainMs = 5000;

const lackOf = (needed: readonly ShareKey[], held: ReadonlySet<ShareKey>, where: string): string | null => {
  const lacking = needed.filter((share) => !held.has(share));
  return lacking.length === 0
    ? null
    : `${lacking.length} of ${needed.length} shares are not in ${where}, the first is ${lacking[0]}`;
};

/** Throws StartFailed where the folder cannot be used. */
const openOwnShares = async (config: RunConfig, log: Logger): Promise<OpenedShares> => {
  const keystores = await openKeystoreShares(config, log);
  return {
    shareSigner: keystores.shareSigner,
    keystores,
    missing: (needed) =>
      keystores.keys().length === 0 && needed.length > 0
        ? keystores.progress()
        : lackOf(needed, new Set(keystores.keys()), config.keystoresDir ?? ''),
    problems: keystores.problems,
    reload: keystores.reload,
    [Symbol.asyncDispose]: () => keystores[Symbol.asyncDispose](),
  };
};

const openRemoteShares = (
  remotes: readonly RemoteSigner[],
  timeoutMs: number,
  report: Report,
): OpenedShares => {
  const shareSigner = selectSigner(
    remotes.map(({ signer }) => signer),
    { sliceMs: timeoutMs / 3 },
  );
  const stopping = new AbortController();
  let problems: readonly string[] = ['not asked yet'];
  const ask = async (): Promise<void> => {
    try {
      await shareSigner.keys(AbortSignal.any([stopping.signal, AbortSignal.timeout(2 * timeoutMs)]));
    } catch {
      // What each of them said is in its failures.
    }
    const before = problems;
    problems = shareSigner
      .failures()
      .map((failure) => (failure instanceof Error ? failure.message : String(failure)));
    for (const why of problems) {
      if (!before.includes(why) && !stopping.signal.aborted)
        report({ type: 'fault', where: 'list the keys of the share signer', why });
    }
  };
  void ask();
  const timer = setInterval(() => void ask(), askAgainMs);
  return {
    shareSigner,
    keystores: null,
    missing: (needed) => {
      const lack = lackOf(needed, shareSigner.reachable(), remotes.map(({ place }) => place).join(', '));
      return lack === null || problems.length === 0 ? lack : problems.join('; ');
    },
    problems: () => problems,
    reload: ask,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      stopping.abort();
      await Promise.all(remotes.map(({ signer }) => signer[Symbol.asyncDispose]()));
    },
  };
};

/** Throws StartFailed. */
export const openShares = async (
  config: RunConfig,
  network: Network,
  combiner: Combiner,
  report: Report,
  log: Logger,
): Promise<OpenedShares> => {
  switch (config.signer) {
    case 'keystore':
      return openOwnShares(config, log);
    case 'web3signer':
    case 'dirk':
      try {
        // Loaded only here: a node with keystores of its own should not carry the libraries of remote signers.
        const { createDirkSigners, createWeb3Signers } = await import('./remote-signers.ts');
        const verify = (checks: Parameters<Combiner['verifyPartials']>[0]) => combiner.verifyPartials(checks);
        const remotes =
          config.signer === 'dirk'
            ? createDirkSigners(config, verify)
            : createWeb3Signers(config, network, verify);
        return openRemoteShares(remotes, config.signerTimeoutMs, report);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new StartFailed(`${config.signer}: ${why}`, { cause });
      }
  }
};
