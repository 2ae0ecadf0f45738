/**
 * The keystores of `quorate signer`: all opened before anything is served, opened anew on reload.
 *
 * A keystore that cannot be used is told and left out, as in Web3Signer; the folder as a whole must be usable.
 */
import type { Logger } from 'pino';
import type { ShareKey } from '../../core/ids.ts';
import type { KeystoreProblem, PasswordPlace } from '../../signer/keystore/folder.ts';
import { openKeystores } from '../../signer/keystore/keystores.ts';
import { type ShareSigner, SignerFailed } from '../../workflow/ports.ts';
import { StartFailed } from '../start-failed.ts';
import type { SignerConfig } from './signer-config.ts';

export interface OwnKeystores extends AsyncDisposable {
  readonly shareSigner: ShareSigner;
  has(share: ShareKey): boolean;
  keys(): readonly ShareKey[];
  /** Keystores that could not be used, a sentence each. */
  problems(): readonly string[];
  /** Rejects with StartFailed where the folder cannot be used any more; then nothing can be signed until the next reload. */
  reload(): Promise<void>;
}

interface Opened {
  readonly signer: ShareSigner & AsyncDisposable;
  readonly keys: ReadonlySet<ShareKey>;
  readonly problems: readonly string[];
}

type KeystoreConfig = Pick<SignerConfig, 'keystoresDir' | 'keystoresPasswordsDir' | 'keystoresPasswordFile'>;

/** Throws StartFailed where the folder cannot be used. */
export const openOwnKeystores = async (config: KeystoreConfig, log: Logger): Promise<OwnKeystores> => {
  let opened = await open(config, log);
  let opening: Promise<unknown> = Promise.resolve();
  const current = async (): Promise<ShareSigner> => {
    await opening.catch(() => undefined);
    return opened.signer;
  };
  return {
    shareSigner: {
      sign: async (task, signal) => (await current()).sign(task, signal),
      keys: async (signal) => (await current()).keys(signal),
    },
    has: (share) => opened.keys.has(share),
    keys: () => [...opened.keys],
    problems: () => opened.problems,
    reload: async () => {
      const reopen = async (): Promise<void> => {
        // The folder has one lock: the old signer must let go of it before the new one can take it.
        await opened.signer[Symbol.asyncDispose]();
        opened = { signer: closedSigner, keys: opened.keys, problems: ['the keystores are closed'] };
        opened = await open(config, log);
      };
      const reopening = reopen();
      opening = reopening;
      await reopening;
    },
    [Symbol.asyncDispose]: async () => {
      await opening.catch(() => undefined);
      await opened.signer[Symbol.asyncDispose]();
    },
  };
};

const open = async (config: KeystoreConfig, log: Logger): Promise<Opened> => {
  const { keystoresDir = '', keystoresPasswordsDir, keystoresPasswordFile = '' } = config;
  const passwords: PasswordPlace =
    keystoresPasswordsDir === undefined
      ? { type: 'file', file: keystoresPasswordFile }
      : { type: 'folder', folder: keystoresPasswordsDir };
  const result = await openKeystores({ folder: keystoresDir, passwords });
  if (result.type === 'refused') throw new StartFailed(`keystores: ${sentence(result.problem)}`);
  const problems = result.problems.map(sentence);
  for (const problem of problems) log.error(`keystore ${problem}`);
  log.info({ keys: result.keys.length }, `${result.keys.length} keystores opened`);
  return { signer: result.signer, keys: new Set(result.keys), problems };
};

const sentence = ({ file, detail, nextStep }: KeystoreProblem): string => `${file}: ${detail}; ${nextStep}`;

const closed = async (): Promise<never> => {
  throw new SignerFailed('unavailable', 'the keystores could not be opened again; see GET /reload');
};
const closedSigner: Opened['signer'] = {
  sign: closed,
  keys: closed,
  [Symbol.asyncDispose]: async () => undefined,
};
