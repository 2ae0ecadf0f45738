/**
 * Folders of keystores for tests: of low cost, gone after the test.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecretKey } from '@chainsafe/blst';
import { createKeystore } from '../../../src/signer/keystore/create-keystore.ts';

export const temporaryFolder = async (): Promise<{ readonly path: string } & AsyncDisposable> => {
  const path = await mkdtemp(join(tmpdir(), 'quorate-keystores-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

export const password = 'correct horse battery staple';

/** NAME.json, and NAME.txt with the password unless that is null. */
export const writeKeystore = async (
  folder: string,
  name: string,
  secret: SecretKey,
  secretWord: string | null = password,
): Promise<void> => {
  const keystore = await createKeystore(secret.toBytes(), password, { cost: 2 });
  await writeFile(join(folder, `${name}.json`), JSON.stringify(keystore));
  if (secretWord !== null) await writeFile(join(folder, `${name}.txt`), `${secretWord}\n`);
};
