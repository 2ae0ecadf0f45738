/**
 * Share keystores in this process: opened while everything else starts, and followed as their folder changes.
 *
 * Decrypting may take minutes, so requests wait for the first opening and `keys` says nothing until then. Later changes are
 * taken over each as a whole, without a pause.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ShareKey } from '../../core/ids.ts';
import type { KeystoreProblem, PasswordPlace } from '../../signer/keystore/folder.ts';
import { type KeystoreFolder, type OpenedKeystores, openKeystores } from '../../signer/keystore/keystores.ts';
import { watchPaths } from '../../signer/keystore/watch.ts';
import { type ShareSigner, SignerFailed } from '../../workflow/ports.ts';
import type { RunConfig } from '../config.ts';
import { StartFailed } from '../start-failed.ts';
import { createProgress } from './progress.ts';

export interface KeystoreShares extends AsyncDisposable {
  readonly shareSigner: ShareSigner;
  /** When the first opening is done. Rejects with StartFailed where the folder turned out to be of no use. */
  readonly opened: Promise<void>;
  /** All of them; none before the first opening is done. */
  keys(): readonly ShareKey[];
  has(share: ShareKey): boolean;
  /** Keystores that could not be used, a sentence each. */
  problems(): readonly string[];
  /** What the opening is at, for those who ask before it is done. */
  progress(): string;
  /** Looks at the folder again. Rejects with StartFailed where it cannot be listed; then everything stays as it was. */
  reload(): Promise<void>;
  /** The folder, for a keymanager. Rejects with SignerFailed where it could not be opened. */
  folder(): Promise<KeystoreFolder>;
}

export type KeystoreConfig = Pick<
  RunConfig,
  'keystoresDir' | 'keystoresPasswordsDir' | 'keystoresPasswordFile'
>;

/** A folder that cannot be used as a whole is found this quickly; decrypting goes on behind it. ms */
const refusalMs = 2000;

export const passwordPlaceOf = (config: KeystoreConfig): PasswordPlace =>
  config.keystoresPasswordsDir !== undefined
    ? { type: 'folder', folder: config.keystoresPasswordsDir }
    : { type: 'file', file: config.keystoresPasswordFile ?? '' };

const sentence = ({ file, detail, nextStep }: KeystoreProblem): string => `${file}: ${detail}; ${nextStep}`;

/** Throws StartFailed where the folder cannot be used. `onChange` gets the number of keys when something has changed. */
export const openKeystoreShares = async (
  config: KeystoreConfig,
  log: Logger,
  onChange: (keys: number) => void = () => {},
): Promise<KeystoreShares> => {
  const folder = config.keystoresDir ?? '';
  const passwords = passwordPlaceOf(config);
  const progress = createProgress('keystores decrypted', log);
  const stopping = new AbortController();
  const opening = openKeystores({ folder, passwords, onProgress: progress.show, signal: stopping.signal });
  const tell = createTeller(log);
  let ready: KeystoreFolder | null = null;
  let refusal: string | null = null;
  const changed = (): void => {
    if (ready !== null && tell(ready)) onChange(ready.keys().length);
  };
  const opened = opening.then((result) => {
    if (result.type === 'refused') {
      refusal = sentence(result.problem);
      throw new StartFailed(`keystores: ${refusal}`);
    }
    ready = result;
    changed();
  });
  // Whoever waits for it hears of it; a node that does not wait says it in `problems`.
  opened.catch(() => undefined);
  const early = await Promise.race([opening, sleep(refusalMs, null)]);
  if (early?.type === 'refused') throw new StartFailed(`keystores: ${sentence(early.problem)}`);

  const reload = async (): Promise<void> => {
    const problem = await (await openedFolder(opening)).refresh();
    if (problem !== null) throw new StartFailed(`keystores: ${sentence(problem)}`);
    changed();
  };
  const watching = watchPaths(placesOf(folder, passwords), () => {
    // A folder that is away for a moment is no reason to forget its keys; the next look tells more.
    if (ready !== null)
      reload().catch((cause: unknown) => log.warn({ why: String(cause) }, 'keystore folder: not reloaded'));
  });
  return {
    shareSigner: {
      sign: async (task, signal) => (await openedFolder(opening)).signer.sign(task, signal),
      keys: async () => ready?.keys() ?? [],
    },
    opened,
    keys: () => ready?.keys() ?? [],
    has: (share) => ready?.has(share) ?? false,
    problems: () => ready?.problems().map(sentence) ?? (refusal === null ? [] : [refusal]),
    progress: () => refusal ?? progress.sentence() ?? 'the keystores are not read yet',
    reload,
    folder: async () => {
      const open = await openedFolder(opening);
      return { ...open, add: noticed(open.add, changed), remove: noticed(open.remove, changed) };
    },
    [Symbol.asyncDispose]: async () => {
      watching[Symbol.dispose]();
      stopping.abort();
      const result = await opening;
      if (result.type === 'opened') await result.signer[Symbol.asyncDispose]();
    },
  };
};

const noticed =
  <Arguments extends readonly unknown[], Result>(
    work: (...given: Arguments) => Promise<Result>,
    changed: () => void,
  ): ((...given: Arguments) => Promise<Result>) =>
  async (...given) => {
    const result = await work(...given);
    changed();
    return result;
  };

const placesOf = (folder: string, passwords: PasswordPlace): readonly string[] => {
  switch (passwords.type) {
    case 'beside':
      return [folder];
    case 'folder':
      return [folder, passwords.folder];
    case 'file':
      return [folder, passwords.file];
  }
};

const openedFolder = async (opening: Promise<OpenedKeystores>): Promise<KeystoreFolder> => {
  const result = await opening;
  if (result.type === 'opened') return result;
  throw new SignerFailed('unavailable', `open the keystores: ${sentence(result.problem)}`);
};

/** Logs what is different from the last time; false where nothing is. */
const createTeller = (log: Logger): ((folder: KeystoreFolder) => boolean) => {
  let told: { readonly keys: ReadonlySet<ShareKey>; readonly problems: ReadonlySet<string> } | null = null;
  return (folder) => {
    const before = told ?? { keys: new Set<ShareKey>(), problems: new Set<string>() };
    const now = { keys: new Set(folder.keys()), problems: new Set(folder.problems().map(sentence)) };
    const [added, removed] = [now.keys.difference(before.keys), before.keys.difference(now.keys)];
    const fresh = now.problems.difference(before.problems);
    for (const problem of fresh) log.error(`keystore ${problem}`);
    const isSame =
      told !== null &&
      added.size + removed.size + fresh.size === 0 &&
      now.problems.size === before.problems.size;
    if (isSame) return false;
    const counts = { shares: now.keys.size, added: added.size, removed: removed.size };
    log.info(
      counts,
      told === null
        ? `${now.keys.size} share keystores opened`
        : `share keystores: ${added.size} added, ${removed.size} removed, ${now.keys.size} now`,
    );
    told = now;
    return true;
  };
};
