/**
 * `quorate import-shares`: share keystores of a folder into a Web3Signer, or a `quorate signer`, through its keymanager API.
 *
 * The folder is locked meanwhile: where a process signs with these keystores, a second signer for them would not see its
 * slashing protection.
 */
import { readPassword } from '../../app/operator-key/key-file.ts';
import { optional, optionsOf, type Settings } from '../../app/settings/option.ts';
import { readSettings } from '../../app/settings/read-settings.ts';
import {
  keystoreProblems,
  keystoreProperties,
  signerTlsProperties,
} from '../../app/settings/shared-options.ts';
import { passwordPlaceOf } from '../../app/shares/keystore-shares.ts';
import type { Interchange } from '../../core/slashing/interchange.ts';
import { lockFolder } from '../../signer/keystore/lock.ts';
import { createKeystoreImporter, type KeystoreImporter } from '../../signer/web3signer/keymanager.ts';
import { parseSignerUrl } from '../../signer/web3signer/transport.ts';
import { type Command, CommandFailed, type ExitCode, type Terminal, tellProblems } from '../command.ts';
import { listShares, protectionOf, readProtection, type Share, secretsOf } from './read-shares.ts';
import { tlsOf } from './tls.ts';

const signer = optionsOf('The signer that shall have the shares');

const schema = {
  'signer-url': signer.text('URL', 'Web3Signer with --key-manager-api-enabled, or quorate signer'),
  'signer-token-file': optional(signer.text('FILE', 'Bearer token; quorate signer wants one')),
  'signer-timeout-ms': signer.integer('MS', 'Longest an import of ten keystores may take', {
    default: 60_000,
    minimum: 1000,
    maximum: 600_000,
  }),
  ...signerTlsProperties(signer, 'the signer'),
  ...keystoreProperties,
  'slashing-protection-file': optional(
    signer.text('FILE', 'EIP-3076 history of these share keys, imported before them'),
  ),
};

type ImportSettings = Settings<typeof schema>;

/** Each costs the signer a key derivation, up to a second or two: more at once would run into timeouts. */
const itemsPerRequest = 10;

export const importSharesCommand: Command = {
  usage: '--signer-url URL --keystores-dir DIR --keystores-passwords-dir DIR [options]',
  about:
    'Imports the share keystores of a folder into a Web3Signer or a `quorate signer` through its keymanager API, ten at a\ntime. A share that it has already is as good as imported, so a run that was interrupted can be repeated. Whoever signed\nwith these shares before must be stopped for good, and its history given with --slashing-protection-file.',
  schema,
  async run(argv, terminal) {
    const read = readSettings(schema, { argv, environment: {} });
    if (read.type === 'problems') return tellProblems('import-shares', read.problems, terminal);
    const problems = problemsOf(read.settings, read.rest);
    if (problems.length > 0) return tellProblems('import-shares', problems, terminal);
    return await run(read.settings, terminal);
  },
};

const problemsOf = (settings: ImportSettings, rest: readonly string[]): readonly string[] => [
  ...rest.map((word) => `${word.slice(0, 60)}: is not an option of this command`),
  ...keystoreProblems(settings),
  ...urlProblems(settings.signerUrl),
  ...((settings.signerTlsCertFile === undefined) !== (settings.signerTlsKeyFile === undefined)
    ? ['--signer-tls-cert-file and --signer-tls-key-file go together: give both, or neither']
    : []),
];

const urlProblems = (url: string): readonly string[] => {
  try {
    parseSignerUrl(url);
    return [];
  } catch (error) {
    return [`--signer-url: ${error instanceof Error ? error.message : String(error)}`];
  }
};

const run = async (settings: ImportSettings, terminal: Terminal): Promise<ExitCode> => {
  const folder = settings.keystoresDir ?? '';
  const shares = await listShares(folder, passwordPlaceOf(settings));
  const protection =
    settings.slashingProtectionFile === undefined
      ? null
      : await readProtection(settings.slashingProtectionFile);
  const lock = lockFolder(folder);
  if (lock.type === 'taken')
    throw new CommandFailed(`${folder}: ${lock.holder} signs with these keystores; stop it first`);
  if (lock.type === 'failed')
    throw new CommandFailed(`${folder}: cannot be locked (${lock.why}); make it writable for this user`);
  try {
    await using importer = createKeystoreImporter({
      url: settings.signerUrl,
      timeoutMs: settings.signerTimeoutMs,
      tls: tlsOf(settings),
      ...(settings.signerTokenFile === undefined
        ? {}
        : { token: await readPassword(settings.signerTokenFile) }),
    });
    return await importAll(importer, shares, protection, terminal);
  } finally {
    lock.release();
  }
};

const forever = new AbortController().signal;

const importAll = async (
  importer: KeystoreImporter,
  shares: readonly Share[],
  protection: Interchange | null,
  terminal: Terminal,
): Promise<ExitCode> => {
  const counts = { imported: 0, duplicate: 0, error: 0 };
  for (let at = 0; at < shares.length; at += itemsPerRequest) {
    const batch = shares.slice(at, at + itemsPerRequest);
    const items = await Promise.all(batch.map(secretsOf));
    const keys = new Set<string>(batch.map(({ key }) => key));
    const history = protection === null ? null : protectionOf(protection, keys);
    const statuses = await importer.import(items, history, forever);
    for (const [index, { status, message }] of statuses.entries()) {
      counts[status]++;
      if (status === 'error') terminal.err(`${batch[index]?.file.name}: not imported: ${message}\n`);
    }
    terminal.err(
      `${Math.min(at + itemsPerRequest, shares.length)} of ${shares.length} share keystores sent\n`,
    );
  }
  const held = new Set<string>(await importer.keys(forever));
  const missing = shares.filter(({ key }) => !held.has(key));
  terminal.err(
    `${counts.imported} imported, ${counts.duplicate} were there already, ${counts.error} not imported\n`,
  );
  if (missing.length === 0) return 0;
  terminal.err(`the signer does not list ${missing.length} of them, the first is ${missing[0]?.key}\n`);
  return 1;
};
