/**
 * A SoftHSM token for tests: its own folder, with an operator key imported into it.
 *
 * SoftHSM comes from the distribution (package softhsm2); where it or pkcs11js is missing, `why` says so.
 */
import { execFileSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const modules = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
];

export const softHsm = modules.find((path) => existsSync(path)) ?? null;

const hasPackage = (): boolean => {
  try {
    createRequire(import.meta.url)('pkcs11js');
    return true;
  } catch {
    // Why it does not load is of no matter here: without it there is nothing to test.
    return false;
  }
};

/** Why there is nothing to test with, for `skip`; false where all is there. */
export const why: string | false =
  softHsm === null
    ? 'SoftHSM is not on this machine (Debian: apt-get install softhsm2)'
    : hasPackage()
      ? false
      : 'the optional package pkcs11js was not built (it needs a C++ compiler, make and Python 3)';

export const tokenLabel = 'quorate-test';
export const pin = '482913';

export interface SoftToken extends Disposable {
  readonly file: (name: string, text: string) => string;
  /** Imports a key under a label and an id. */
  readonly add: (label: string, key: KeyObject, id?: string) => void;
  readonly pinFile: string;
}

/** SoftHSM reads where its tokens are once in a process, so a test file has one. */
export const makeSoftToken = (): SoftToken => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-hsm-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  mkdirSync(join(folder, 'tokens'));
  process.env.SOFTHSM2_CONF = file(
    'softhsm2.conf',
    `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  const util = (...argv: readonly string[]): void => {
    execFileSync('softhsm2-util', [...argv], { stdio: 'pipe' });
  };
  util('--init-token', '--free', '--label', tokenLabel, '--so-pin', '12345678', '--pin', pin);
  return {
    file,
    add: (label, key, id = 'a1') => {
      const pem = file('import.pem', key.export({ type: 'pkcs8', format: 'pem' }).toString());
      util('--import', pem, '--token', tokenLabel, '--label', label, '--id', id, '--pin', pin);
      rmSync(pem);
    },
    pinFile: file('pin', `${pin}\n`),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
};
