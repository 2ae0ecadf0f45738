/**
 * The share signer of a node, by its configuration: keystores in this process, or Web3Signers over HTTP.
 *
 * Decrypting may take minutes: the node starts meanwhile and says how far it is; requests wait for their key. A Web3Signer may
 * be down when the node starts: its keys are asked again until all shares are there.
 */
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Network } from '../core/eth2/network.ts';
import { renderWeb3Signer } from '../core/eth2/render.ts';
import type { ShareKey } from '../core/ids.ts';
import { selectSigner } from '../signer/select.ts';
import { createWeb3Signer } from '../signer/web3signer/web3signer.ts';
import type { Combiner, ShareSigner } from '../workflow/ports.ts';
import type { Report } from '../workflow/report.ts';
import type { RunConfig } from './config.ts';
import { type KeystoreShares, openKeystoreShares } from './shares/keystore-shares.ts';
import { StartFailed } from './start-failed.ts';

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

/** How often an incomplete list of keys is asked again. ms */
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
  config: RunConfig,
  network: Network,
  combiner: Combiner,
  report: Report,
): OpenedShares => {
  const read = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readFileSync(path, 'utf8');
  const [ca, cert, key] = [
    read(config.signerTlsCaFile),
    read(config.signerTlsCertFile),
    read(config.signerTlsKeyFile),
  ];
  const signers = config.signerUrl.map((url) =>
    createWeb3Signer({
      url,
      timeoutMs: config.signerTimeoutMs,
      tls: {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      },
      render: (signable, roots) => renderWeb3Signer(network, signable, roots),
      verify: async (check) => (await combiner.verifyPartials([check]))[0] === true,
    }),
  );
  const shareSigner = selectSigner(signers);
  const stopping = new AbortController();
  let held: ReadonlySet<ShareKey> = new Set();
  let problem: string | null = 'not asked yet';
  const ask = async (): Promise<void> => {
    try {
      held = new Set(
        await shareSigner.keys(
          AbortSignal.any([stopping.signal, AbortSignal.timeout(config.signerTimeoutMs)]),
        ),
      );
      problem = null;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (why !== problem && !stopping.signal.aborted)
        report({ type: 'fault', where: 'list the keys of the share signer', why });
      problem = why;
    }
  };
  void ask();
  const timer = setInterval(() => void ask(), askAgainMs);
  return {
    shareSigner,
    keystores: null,
    missing: (needed) =>
      held.size === 0 && problem !== null ? problem : lackOf(needed, held, config.signerUrl.join(', ')),
    problems: () => (problem === null ? [] : [problem]),
    reload: ask,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      stopping.abort();
      await Promise.all(signers.map((signer) => signer[Symbol.asyncDispose]()));
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
      try {
        return openRemoteShares(config, network, combiner, report);
      } catch (cause) {
        throw new StartFailed(`web3signer: ${cause instanceof Error ? cause.message : String(cause)}`, {
          cause,
        });
      }
  }
};
