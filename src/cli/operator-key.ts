/**
 * `quorate operator-key`: makes an operator's RSA key, or shows the public half of one.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  encryptedKeyText,
  generateOperatorKey,
  loadOperatorKey,
  plainKeyText,
  publicPemOf,
  readPassword,
} from '../app/operator-key/key-file.ts';
import { openOperatorKey } from '../app/operator-key/open-operator-key.ts';
import { optional, optionsOf, type Settings } from '../app/settings/option.ts';
import { readSettings } from '../app/settings/read-settings.ts';
import { operatorKeyProblems, pkcs11Properties } from '../app/settings/shared-options.ts';
import { publicKeyText } from '../core/registry/operator-public-key.ts';
import { type Command, type ExitCode, type Terminal, tellProblems } from './command.ts';
import { writeNewFile } from './write-new.ts';

const options = optionsOf('Options');

const schema = {
  'out-dir': options.text('DIR', 'Folder for operator-key.json (or .pem) and operator-key.pub', {
    default: '.',
  }),
  'password-file': optional(
    options.text('FILE', 'Password that encrypts the new key, or opens the one to show'),
  ),
  plain: options.flag('Write the key unencrypted, as operator-key.pem', { default: false }),
  show: optional(options.text('FILE', 'Make nothing; print the public half of this key')),
  ...pkcs11Properties,
};

export const operatorKeyCommand: Command = {
  usage: '[options]',
  about:
    'Makes an RSA-2048 key, with which a node signs what it says to other operators. Prints the public key as it goes into\nthe cluster file (base64 of a PEM, the form of the SSV network); the private key is written with mode 0600.\nA key in a PKCS#11 token is made with the tools of the token; the --operator-key-pkcs11 options print its public half.',
  schema,
  async run(argv, terminal) {
    const read = readSettings(schema, { argv, environment: {} });
    if (read.type === 'problems') return tellProblems('operator-key', read.problems, terminal);
    const { outDir, passwordFile, plain, show } = read.settings;
    if (show !== undefined) {
      const key = await loadOperatorKey(show, passwordFile);
      terminal.out(`${publicKeyText(publicPemOf(key))}\n`);
      return 0;
    }
    if (Object.keys(read.settings).some((name) => name.startsWith('operatorKeyPkcs11')))
      return await showTokenKey(read.settings, terminal);
    if (plain === (passwordFile !== undefined)) {
      return tellProblems(
        'operator-key',
        ['give --password-file to encrypt the key, or --plain not to'],
        terminal,
      );
    }
    const key = await generateOperatorKey();
    const text =
      passwordFile === undefined
        ? plainKeyText(key)
        : await encryptedKeyText(key, await readPassword(passwordFile));
    const path = join(outDir, plain ? 'operator-key.pem' : 'operator-key.json');
    const publicKey = publicKeyText(publicPemOf(key));
    await mkdir(outDir, { recursive: true, mode: 0o700 });
    await writeNewFile(path, text);
    await writeNewFile(join(outDir, 'operator-key.pub'), `${publicKey}\n`);
    terminal.out(`${publicKey}\n`);
    terminal.err(
      `wrote ${path}; keep it secret and keep a copy. The line above is the public key for the cluster file.\n`,
    );
    return 0;
  },
};

const showTokenKey = async (settings: Settings<typeof schema>, terminal: Terminal): Promise<ExitCode> => {
  const problems = operatorKeyProblems(settings);
  if (problems.length > 0) return tellProblems('operator-key', problems, terminal);
  await using key = await openOperatorKey(settings);
  terminal.out(`${publicKeyText(key.publicPem)}\n`);
  return 0;
};
