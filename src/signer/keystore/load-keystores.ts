/**
 * Decrypts the keystores of a folder on all key threads, and knows afterwards which thread holds which key.
 */
import type { ShareKey } from '../../core/ids.ts';
import type { KeystoreFile, KeystoreProblem } from './folder.ts';
import type { KeyThread } from './thread.ts';

export type Routes = ReadonlyMap<ShareKey, KeyThread>;

/** Each thread takes the next file when it is done with one, so that keys spread evenly whatever each costs. */
export const loadAll = async (
  files: readonly KeystoreFile[],
  threads: readonly KeyThread[],
  onProgress?: (done: number, total: number) => void,
): Promise<{ readonly routes: Routes; readonly problems: readonly KeystoreProblem[] }> => {
  const routes = new Map<ShareKey, KeyThread>();
  const first = new Map<ShareKey, string>();
  const problems: KeystoreProblem[] = [];
  const next = files.values();
  let done = 0;
  const work = async (thread: KeyThread): Promise<void> => {
    for (const file of next) {
      const answer = await loadOne(thread, file);
      const earlier = 'key' in answer ? first.get(answer.key) : undefined;
      if ('reason' in answer) problems.push(answer);
      else if (earlier !== undefined) problems.push(duplicate(file.name, earlier, answer.key));
      else {
        routes.set(answer.key, thread);
        first.set(answer.key, file.name);
      }
      done++;
      onProgress?.(done, files.length);
    }
  };
  await Promise.all(threads.map(work));
  return { routes, problems: problems.sort((a, b) => (a.file < b.file ? -1 : 1)) };
};

const loadOne = async (
  thread: KeyThread,
  file: KeystoreFile,
): Promise<KeystoreProblem | { readonly key: ShareKey }> => {
  try {
    const answer = await thread.load(file);
    if (answer.type === 'loaded') return { key: answer.key };
    const { reason, detail, nextStep } = answer;
    return { file: file.name, reason, detail, nextStep };
  } catch (error) {
    const detail = `decrypting it ended the thread (${error instanceof Error ? error.message : String(error)})`;
    return {
      file: file.name,
      reason: 'failed',
      detail,
      nextStep: 'give the process more memory, or fewer workers',
    };
  }
};

const duplicate = (name: string, earlier: string, key: ShareKey): KeystoreProblem => ({
  file: name,
  reason: 'duplicate-key',
  detail: `holds ${key}, as ${earlier} does`,
  nextStep: 'remove one of the two files',
});
