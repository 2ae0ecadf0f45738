/**
 * Decrypts keystores, several at once, and spreads them over the key threads.
 */
import { availableParallelism } from 'node:os';
import type { ShareKey } from '../../../core/ids.ts';
import type { KeystoreFile, KeystoreProblem } from '../folder.ts';
import type { KeyThread } from './thread.ts';

export type Routes = ReadonlyMap<ShareKey, KeyThread>;

export type Loaded =
  | { readonly file: KeystoreFile; readonly key: ShareKey; readonly thread: KeyThread }
  | { readonly file: KeystoreFile; readonly problem: KeystoreProblem };

/** So many are decrypted at once at most: Node's pool has four threads, and files, host names and operator signatures need one. */
const atOnce = Math.min(availableParallelism(), 3);

/**
 * In the order of the files, the next one whenever one is done; the threads take turns, so that keys spread evenly. After an abort
 * no further file is begun, and those are missing from the result.
 */
export const loadAll = async (
  files: readonly KeystoreFile[],
  threads: readonly KeyThread[],
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<readonly Loaded[]> => {
  const loaded: Loaded[] = [];
  const next = files.entries();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const [at, file] of next) {
      loaded[at] = await loadOne(threads[at % threads.length] as KeyThread, file);
      done++;
      onProgress?.(done, files.length);
      if (signal?.aborted) return;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return loaded.filter((one) => one !== undefined);
};

const loadOne = async (thread: KeyThread, file: KeystoreFile): Promise<Loaded> => {
  try {
    const answer = await thread.load(file);
    if (answer.type === 'loaded') return { file, key: answer.key, thread };
    const { reason, detail, nextStep } = answer;
    return { file, problem: { file: file.name, reason, detail, nextStep } };
  } catch (error) {
    const detail = `decrypting it ended the thread (${error instanceof Error ? error.message : String(error)})`;
    const nextStep = 'give the process more memory';
    return { file, problem: { file: file.name, reason: 'failed', detail, nextStep } };
  }
};
