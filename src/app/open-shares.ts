/**
 * The share signer of a node, by its configuration: keystores in this process, or Web3Signers over HTTP.
 *
 * Decrypting may take minutes: the node starts meanwhile and says how far it is; requests wait for their key. A Web3Signer may
 * be down when the node starts: its keys are asked again until all shares are there.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Network } from '../core/eth2/network.ts';
import { renderWeb3Signer } from '../core/eth2/render.ts';
import type { ShareKey } from '../core/ids.ts';
import type { KeystoreProblem } from '../signer/keystore/folder.ts';
import { type OpenedKeystores, openKeystores } from '../signer/keystore/keystores.ts';
import { selectSigner } from '../signer/select.ts';
import { createWeb3Signer } from '../signer/web3signer/web3signer.ts';
import { type Combiner, type ShareSigner, SignerFailed } from '../workflow/ports.ts';
import type { Report } from '../workflow/report.ts';
import type { RunConfig } from './config.ts';
import { StartFailed } from './start-failed.ts';

export interface OpenedShares extends AsyncDisposable {
  readonly shareSigner: ShareSigner;
  /** Why not all of these shares can be signed with now, or null. */
  missing(needed: readonly ShareKey[]): string | null;
  /** Keystores that could not be used, a sentence each. */
  problems(): readonly string[];
  /** Reads keystores or key lists anew. What is known stays known until the new is there. */
  reload(): Promise<void>;
}

/** A folder that cannot be used as a whole is found this quickly; decrypting goes on behind it. ms */
const refusalMs = 2000;
/** How often an incomplete list of keys is asked again. ms */
const askAgainMs = 5000;
const progressEveryMs = 5000;

const sentence = ({ file, detail, nextStep }: KeystoreProblem): string => `${file}: ${detail}; ${nextStep}`;

const lackOf = (needed: readonly ShareKey[], held: ReadonlySet<ShareKey>, where: string): string | null => {
  const lacking = needed.filter((share) => !held.has(share));
  return lacking.length === 0
    ? null
    : `${lacking.length} of ${needed.length} shares are not in ${where}, the first is ${lacking[0]}`;
};

export type KeystoreConfig = Pick<
  RunConfig,
  'keystoresDir' | 'keystoresPasswordsDir' | 'keystoresPasswordFile'
>;

/** Throws StartFailed where the folder cannot be used. */
export const openKeystoreShares = async (config: KeystoreConfig, log: Logger): Promise<OpenedShares> => {
  const folder = config.keystoresDir ?? '';
  let progress = 'not read yet';
  let toldMs = Date.now();
  let held: ReadonlySet<ShareKey> = new Set();
  let problems: readonly string[] = [];

  const open = async (): Promise<OpenedKeystores> => {
    const opened = await openKeystores({
      folder,
      passwords:
        config.keystoresPasswordsDir !== undefined
          ? { type: 'folder', folder: config.keystoresPasswordsDir }
          : { type: 'file', file: config.keystoresPasswordFile ?? '' },
      onProgress: (done, total) => {
        progress = `${done} of ${total} keystores decrypted`;
        if (Date.now() < toldMs + progressEveryMs) return;
        toldMs = Date.now();
        log.info(progress);
      },
    });
    if (opened.type === 'refused') {
      problems = [sentence(opened.problem)];
      return opened;
    }
    held = new Set(opened.keys);
    problems = opened.problems.map(sentence);
    for (const problem of problems) log.error(`keystore ${problem}`);
    log.info({ shares: held.size }, `${held.size} share keystores opened`);
    return opened;
  };
  const signerOf = async (opening: Promise<OpenedKeystores>): Promise<ShareSigner & AsyncDisposable> => {
    const opened = await opening;
    if (opened.type === 'opened') return opened.signer;
    throw new SignerFailed('unavailable', `open the keystores: ${sentence(opened.problem)}`);
  };

  let current = open();
  const early = await Promise.race([current, sleep(refusalMs, null)]);
  if (early?.type === 'refused') throw new StartFailed(`keystores: ${sentence(early.problem)}`);
  const close = async (): Promise<void> => {
    const opened = await current;
    if (opened.type === 'opened') await opened.signer[Symbol.asyncDispose]();
  };
  return {
    shareSigner: {
      sign: async (task, signal) => (await signerOf(current)).sign(task, signal),
      keys: async () => [...held],
    },
    missing: (needed) => (held.size === 0 && needed.length > 0 ? progress : lackOf(needed, held, folder)),
    problems: () => problems,
    reload: async () => {
      // One lock, one opening at a time: requests wait for the new keystores as they did for the first.
      current = close().then(open);
      const opened = await current;
      if (opened.type === 'refused') throw new StartFailed(`keystores: ${sentence(opened.problem)}`);
    },
    [Symbol.asyncDispose]: close,
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
      return openKeystoreShares(config, log);
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
