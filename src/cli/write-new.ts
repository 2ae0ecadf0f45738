/**
 * Files and folders that must not replace others, readable by their owner only.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandFailed } from './command.ts';

/** Writes and flushes a new file with mode 0600. Throws CommandFailed where one is there already. */
export const writeNewFile = async (path: string, text: string): Promise<void> => {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new CommandFailed(`cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
};

/**
 * A new folder that appears with all its content or not at all: `fill` works in a folder beside it, which then gets the
 * name. Throws CommandFailed where the name is taken.
 */
export const writeNewFolder = async (path: string, fill: (draft: string) => Promise<void>): Promise<void> => {
  if (existsSync(path))
    throw new CommandFailed(`${path} is there already and is not overwritten: give another --out-dir`);
  const draft = `${path.replace(/\/+$/, '')}.unfinished-${process.pid}`;
  try {
    await mkdir(dirname(draft), { recursive: true });
    await mkdir(draft, { mode: 0o700 });
    await fill(draft);
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (cause instanceof CommandFailed) throw cause;
    throw new CommandFailed(`cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
};

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && cause.code === 'EEXIST'
    ? 'it is there already and is not overwritten'
    : cause.message;
};
