/**
 * `quorate combine`: a validator key from a quorum of share keystores, for emergencies.
 *
 * Whose share a keystore holds is told by its public key in the cluster file. The key goes into an encrypted keystore only,
 * never to a terminal.
 */
import { basename, join } from 'node:path';
import { loadCluster } from '../../app/cluster-file.ts';
import { readPassword } from '../../app/operator-key/key-file.ts';
import { optional, optionsOf, type Settings } from '../../app/settings/option.ts';
import { readSettings } from '../../app/settings/read-settings.ts';
import { fromHex } from '../../core/bytes.ts';
import { parseValidatorKey } from '../../core/ids.ts';
import type { Registry, Validator } from '../../core/registry/committee.ts';
import { combineShares, type KeyShare } from '../../core/threshold/split.ts';
import { type Command, CommandFailed, type Terminal, tellProblems } from '../command.ts';
import { keystoreText, openKeystore } from '../keystore-file.ts';
import { writeNewFile } from '../write-new.ts';

const options = optionsOf('Options');

const schema = {
  'cluster-file': options.text('FILE', 'The cluster file that has the validator'),
  'validator-key': options.text('KEY', 'The validator to recover, 48 bytes as 0x-hex'),
  'share-file': options.list('FILE,...', 'Share keystores of a quorum of operators', { maxItems: 13 }),
  'share-password-file': options.list(
    'FILE,...',
    'Their passwords, in the same order; one if it is the same for all',
    {
      default: [],
      maxItems: 13,
    },
  ),
  'share-passwords-dir': optional(
    options.text('DIR', 'Folder of their passwords in place of that, NAME.txt for NAME.json'),
  ),
  'out-file': options.text('FILE', 'New keystore for the validator key'),
  'out-password-file': options.text('FILE', 'Password for the new keystore'),
};

type CombineSettings = Settings<typeof schema>;

export const combineCommand: Command = {
  usage:
    '--cluster-file FILE --validator-key KEY --share-file FILE,... --out-file FILE --out-password-file FILE [options]',
  about:
    'Recovers a whole validator key from the share keystores of a quorum of operators. For emergencies: once a whole key\nexists, one machine can sign alone. Stop every node of the cluster first, and take the slashing protection along.',
  schema,
  async run(argv, terminal) {
    const read = readSettings(schema, { argv, environment: {} });
    if (read.type === 'problems') return tellProblems('combine', read.problems, terminal);
    const problems = [
      ...read.rest.map((word) => `${word.slice(0, 60)}: is not an option of this command`),
      ...passwordProblems(read.settings),
    ];
    if (problems.length > 0) return tellProblems('combine', problems, terminal);
    await combine(read.settings, terminal);
    return 0;
  },
};

const passwordProblems = ({
  shareFile,
  sharePasswordFile,
  sharePasswordsDir,
}: CombineSettings): readonly string[] => {
  if (sharePasswordsDir !== undefined) {
    return sharePasswordFile.length === 0
      ? []
      : ['give either --share-password-file or --share-passwords-dir'];
  }
  return sharePasswordFile.length === 1 || sharePasswordFile.length === shareFile.length
    ? []
    : ['--share-password-file: give one for all keystores, or one for each in the same order'];
};

const combine = async (settings: CombineSettings, terminal: Terminal): Promise<void> => {
  const loaded = loadCluster(settings.clusterFile);
  if (loaded.type === 'problems') throw new CommandFailed(loaded.problems.join('\n'));
  const { registry } = loaded.value;
  const validator = validatorOf(settings.validatorKey, registry);
  const shares: Pick<KeyShare, 'operator' | 'secret'>[] = [];
  for (const [at, path] of settings.shareFile.entries()) {
    shares.push(await openShare(path, passwordPathOf(settings, path, at), validator));
  }
  const { quorum = 0 } = registry.committees.get(validator.committee) ?? {};
  if (new Set(shares.map(({ operator }) => operator)).size < shares.length) {
    throw new CommandFailed('two of the keystores hold the share of one operator');
  }
  if (shares.length < quorum) {
    throw new CommandFailed(`${shares.length} shares are too few: ${quorum} are needed`);
  }
  const secret = combineShares(shares, fromHex(validator.key, 48));
  for (const share of shares) share.secret.fill(0);
  if (secret === null)
    throw new CommandFailed('the shares do not make the validator key; nothing was written');
  const password = await readPassword(settings.outPasswordFile);
  const text = await keystoreText(
    { secret, publicKey: validator.key },
    { password, description: 'recovered from shares' },
  );
  secret.fill(0);
  await writeNewFile(settings.outFile, text);
  terminal.err(`recovered ${validator.key}; never run it while any node of the cluster still signs\n`);
  terminal.out(`${settings.outFile}\n`);
};

const validatorOf = (text: string, registry: Registry): Validator => {
  const key = parseValidatorKey(text);
  if (key === null) throw new CommandFailed('--validator-key: must be 48 bytes of 0x-hex');
  const validator = registry.validators.get(key);
  if (validator === undefined) throw new CommandFailed(`the cluster file has no validator ${key}`);
  return validator;
};

const passwordPathOf = (
  { sharePasswordFile, sharePasswordsDir }: CombineSettings,
  path: string,
  at: number,
): string =>
  sharePasswordsDir === undefined
    ? (sharePasswordFile[at] ?? sharePasswordFile[0] ?? '')
    : join(sharePasswordsDir, basename(path).replace(/\.json$/, '.txt'));

const openShare = async (
  path: string,
  passwordPath: string,
  validator: Validator,
): Promise<Pick<KeyShare, 'operator' | 'secret'>> => {
  const { secret, publicKey } = await openKeystore(path, passwordPath);
  const owner = [...validator.shares].find(([, share]) => (share as string) === publicKey);
  if (owner === undefined) {
    throw new CommandFailed(
      `${path} holds ${publicKey}, which is no share of this validator in the cluster file`,
    );
  }
  return { operator: owner[0], secret };
};
