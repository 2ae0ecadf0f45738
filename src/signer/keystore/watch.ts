/**
 * Tells when something in the keystore folders may have changed.
 *
 * The operating system says so at once on local disks; on network file systems and where watches have run out it says nothing,
 * so there is a slow look besides. The listener finds out itself whether anything is different.
 */
import { watch } from 'node:fs';

export interface WatchOptions {
  /** Quiet for so long before the listener is told: files are copied in many steps. */
  readonly quietMs?: number;
  /** But no longer after the first change than this. */
  readonly latestMs?: number;
  /** How often the listener is told without being called. */
  readonly pollMs?: number;
}

/** `paths`: folders or files. Once disposed of, the listener is not called any more. */
export const watchPaths = (
  paths: readonly string[],
  listener: () => void,
  { quietMs = 1000, latestMs = 10_000, pollMs = 30_000 }: WatchOptions = {},
): Disposable => {
  let timer: NodeJS.Timeout | null = null;
  let firstAt = 0;
  const fire = (): void => {
    timer = null;
    listener();
  };
  const changed = (): void => {
    const now = performance.now();
    if (timer === null) firstAt = now;
    else clearTimeout(timer);
    timer = setTimeout(fire, Math.max(0, Math.min(quietMs, firstAt + latestMs - now)));
    timer.unref();
  };
  const watchers = [...new Set(paths)].flatMap((path) => watchOne(path, changed));
  const poll = setInterval(listener, pollMs);
  poll.unref();
  return {
    [Symbol.dispose]: () => {
      for (const close of watchers) close();
      clearInterval(poll);
      if (timer !== null) clearTimeout(timer);
    },
  };
};

/** How to stop; nothing where the path cannot be watched, which the slow look makes up for. */
const watchOne = (path: string, changed: () => void): readonly (() => void)[] => {
  try {
    const watcher = watch(path, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    return [() => watcher.close()];
  } catch {
    // No such path, no watches left, or a file system without them.
    return [];
  }
};
