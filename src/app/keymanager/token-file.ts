/**
 * The keymanager's bearer token: read from its file, or drawn and written there when the file is not there yet.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { StartFailed } from '../start-failed.ts';

export const defaultTokenPath = (dataDir: string): string => join(dataDir, 'keymanager-token.txt');

/** 256 bits as hex are 64. */
const lengthMin = 16;

/** Throws StartFailed. The token itself is never logged. */
export const openToken = (path: string, log: Logger): string => {
  try {
    writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    log.info({ path }, `keymanager: a new token was written to ${path}`);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'))
      throw new StartFailed(`--keymanager-token-file: ${path} cannot be written: ${String(cause)}`, {
        cause,
      });
    log.info({ path }, `keymanager: the token is in ${path}`);
  }
  const token = read(path);
  if (token.length < lengthMin || /\s/.test(token)) {
    throw new StartFailed(
      `${path} holds no token of at least ${lengthMin} characters without spaces: write one, or remove the file to have one made`,
    );
  }
  if ((statSync(path).mode & 0o077) !== 0)
    log.warn({ path }, `keymanager: others on this machine may read ${path}; chmod 600 it`);
  return token;
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new StartFailed(`--keymanager-token-file: ${path} cannot be read: ${String(cause)}`, { cause });
  }
};
