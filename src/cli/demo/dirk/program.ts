/**
 * Where the dirk program is: built once with Go into the user's cache, at a pinned version, or found on the PATH.
 *
 * Built from the module's own folder, so that the versions and checksums of everything in it are the module's own.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CommandFailed } from '../../command.ts';

export const dirkVersion = 'v1.2.1';
const run = promisify(execFile);

const cachedPath = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'quorate', `dirk-${dirkVersion}`);

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not to be run.
    return false;
  }
};

/** Null where there is none. */
export const findDirk = (): string | null => {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'dirk'));
  return [cachedPath(), ...onPath].find(isProgram) ?? null;
};

/** Builds it where it is not there yet: two minutes or so, the first time. Throws CommandFailed where it cannot be. */
export const installDirk = async (say: (text: string) => void): Promise<string> => {
  const found = findDirk();
  if (found !== null) return found;
  const module = `github.com/attestantio/dirk@${dirkVersion}`;
  const path = cachedPath();
  say(`building ${module} with Go into ${path}; this happens once and takes minutes`);
  try {
    await mkdir(join(path, '..'), { recursive: true });
    const { stdout } = await run('go', ['mod', 'download', '-json', module]);
    const { Dir } = JSON.parse(stdout) as { readonly Dir: string };
    const unfinished = `${path}.${process.pid}`;
    await run('go', ['build', '-trimpath', '-buildvcs=false', '-o', unfinished, '.'], { cwd: Dir });
    await rename(unfinished, path);
    return path;
  } catch (cause) {
    const stderr =
      typeof cause === 'object' && cause !== null && 'stderr' in cause ? String(cause.stderr) : '';
    const why = stderr.trim().split('\n').slice(-3).join('; ') || String(cause);
    throw new CommandFailed(
      `Dirk cannot be built; it needs Go 1.25 and a C compiler, or a dirk on the PATH: ${why}`,
    );
  }
};
