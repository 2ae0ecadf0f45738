/**
 * `quorate split`: validator keys into share keystores for each operator, and a cluster file with the new validators.
 *
 * Whoever runs it sees whole keys: afterwards they must be destroyed wherever they were, or the sharing protects nothing.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadCluster } from '../../app/cluster-file.ts';
import { optional, optionsOf, type Settings } from '../../app/settings/option.ts';
import { readSettings } from '../../app/settings/read-settings.ts';
import { isHexOf, toHex } from '../../core/bytes.ts';
import { type OperatorId, parseOperatorId, parseShareKey, parseValidatorKey } from '../../core/ids.ts';
import { committeeOf } from '../../core/registry/build-registry.ts';
import type { Cluster, ClusterValidator } from '../../core/registry/cluster.ts';
import type { Committee, ValidatorPolicy } from '../../core/registry/committee.ts';
import { renderCluster } from '../../core/registry/render-cluster.ts';
import type { KeyShare } from '../../core/threshold/split.ts';
import { type Command, CommandFailed, type Terminal, tellProblems } from '../command.ts';
import { freshPassword, freshPasswordRounds, keystoreText, type OpenedKey } from '../keystore-file.ts';
import { writeNewFile, writeNewFolder } from '../write-new.ts';
import { shareOut } from './share-out.ts';
import { sourceProblems, validatorKeys } from './validator-keys.ts';

const cluster = optionsOf('Cluster');
const keys = optionsOf('Validator keys, from one of');
const policy = optionsOf('What these validators may register');

const schema = {
  'cluster-file': cluster.text(
    'FILE',
    'Operators, and validators there may already be (validators: [] for none)',
  ),
  operators: cluster.list(
    'ID,...',
    'The 4, 7, 10 or 13 operators that get shares; all of the file unless given',
    {
      default: [],
      maxItems: 13,
    },
  ),
  'out-dir': cluster.text('DIR', 'New folder for cluster.yaml and operator-ID/{keystores,passwords}'),
  'keystore-file': keys.list('FILE,...', 'EIP-2335 keystores', { default: [], maxItems: 20_000 }),
  'keystores-dir': optional(keys.text('DIR', 'Folder of EIP-2335 keystores (*.json)')),
  'keystores-passwords-dir': optional(keys.text('DIR', 'Folder of passwords, NAME.txt for NAME.json')),
  'keystores-password-file': optional(keys.text('FILE', 'One password for all keystores')),
  'mnemonic-file': optional(keys.text('FILE|-', 'Mnemonic, for test networks; - reads standard input')),
  'first-index': keys.integer('N', 'First EIP-2334 index to derive from the mnemonic', {
    default: 0,
    minimum: 0,
    maximum: 0x7fffffff,
  }),
  count: keys.integer('N', 'How many keys to derive from the mnemonic', {
    default: 1,
    minimum: 1,
    maximum: 20_000,
  }),
  'fee-recipient': optional(policy.text('ADDRESS', 'The one fee recipient that may be registered')),
  'gas-limit': optional(
    policy.integer('GAS', 'The one gas limit that may be registered', {
      minimum: 1,
      maximum: 1_000_000_000_000,
    }),
  ),
};

type SplitSettings = Settings<typeof schema>;

export const splitCommand: Command = {
  usage:
    '--cluster-file FILE --out-dir DIR (--keystores-dir DIR | --keystore-file FILE | --mnemonic-file FILE) [options]',
  about:
    'Splits validator keys among operators. Writes a folder for each operator (share keystores with fresh passwords; hand it\nover by a safe way and delete it here) and cluster.yaml, which all of them use. Every set of shares is proven before it\nis written. Stop the validators elsewhere first, and destroy the whole keys afterwards.',
  schema,
  async run(argv, terminal) {
    const read = readSettings(schema, { argv, environment: {} });
    if (read.type === 'problems') return tellProblems('split', read.problems, terminal);
    const problems = [
      ...read.rest.map((word) => `${word.slice(0, 60)}: is not an option of this command`),
      ...sourceProblems(read.settings),
      ...policyProblems(read.settings),
    ];
    if (problems.length > 0) return tellProblems('split', problems, terminal);
    await split(read.settings, terminal);
    return 0;
  },
};

const policyProblems = ({ feeRecipient }: SplitSettings): readonly string[] =>
  feeRecipient === undefined || isHexOf(feeRecipient, 20)
    ? []
    : ['--fee-recipient: must be 20 bytes of 0x-hex'];

const split = async (settings: SplitSettings, terminal: Terminal): Promise<void> => {
  const loaded = loadCluster(settings.clusterFile);
  if (loaded.type === 'problems') throw new CommandFailed(loaded.problems.join('\n'));
  const before = loaded.value.cluster;
  const committee = chosenCommittee(before, settings.operators);
  const taken = new Set<string>(before.validators.map(({ key }) => key));
  const validators: ClusterValidator[] = [];
  await writeNewFolder(settings.outDir, async (draft) => {
    for (const id of committee.operators) {
      for (const part of ['keystores', 'passwords'])
        await mkdir(join(draft, `operator-${id}`, part), { recursive: true, mode: 0o700 });
    }
    for await (const key of validatorKeys(settings, terminal)) {
      if (taken.has(key.publicKey))
        throw new CommandFailed(`${key.publicKey} is in the cluster file already, or given twice`);
      taken.add(key.publicKey);
      const shares = shareOut(key, committee);
      for (const share of shares) await writeShare(draft, key, share);
      validators.push(validatorOf(key, shares, committee, policyOf(settings)));
      key.secret.fill(0);
    }
    const path = join(draft, 'cluster.yaml');
    const after = { ...before, validators: [...before.validators, ...validators] };
    // Keys stay on one line, where people and grep find them.
    await writeNewFile(path, stringify(renderCluster(after), { lineWidth: 0 }));
    const read = loadCluster(path);
    if (read.type === 'problems') throw new CommandFailed(read.problems.join('\n'));
  });
  terminal.err(
    `split ${validators.length} key(s) among operators ${committee.operators.join(', ')}; any ${committee.quorum} of them sign\n`,
  );
  terminal.out(`${settings.outDir}\n`);
};

const chosenCommittee = (before: Cluster, names: readonly string[]): Committee => {
  const listed = before.operators.map(({ id }) => id);
  const ids =
    names.length === 0
      ? listed
      : names.map((name) => parseOperatorId(/^\d+$/.test(name) ? Number(name) : name));
  const known = ids.filter((id): id is OperatorId => id !== null && listed.includes(id));
  if (known.length < ids.length)
    throw new CommandFailed('--operators names one that is not in the cluster file');
  if (new Set(known).size < known.length) throw new CommandFailed('--operators names one twice');
  if (![4, 7, 10, 13].includes(known.length)) {
    throw new CommandFailed(
      `a committee has 4, 7, 10 or 13 operators, not ${known.length}: choose them with --operators`,
    );
  }
  return committeeOf(known);
};

const policyOf = ({ feeRecipient, gasLimit }: SplitSettings): ValidatorPolicy => ({
  feeRecipient: feeRecipient?.toLowerCase() ?? null,
  gasLimit: gasLimit === undefined ? null : BigInt(gasLimit),
});

const writeShare = async (draft: string, key: OpenedKey, share: KeyShare): Promise<void> => {
  const password = freshPassword();
  const folder = join(draft, `operator-${share.operator}`);
  const text = await keystoreText(
    { secret: share.secret, publicKey: toHex(share.publicKey) },
    {
      password,
      description: `share of operator ${share.operator} of validator ${key.publicKey}`,
      rounds: freshPasswordRounds,
    },
  );
  await writeNewFile(join(folder, 'keystores', `${key.publicKey}.json`), text);
  await writeNewFile(join(folder, 'passwords', `${key.publicKey}.txt`), password);
  share.secret.fill(0);
};

const validatorOf = (
  key: OpenedKey,
  shares: readonly KeyShare[],
  { operators }: Committee,
  allowed: ValidatorPolicy,
): ClusterValidator => {
  const validator = parseValidatorKey(key.publicKey);
  const entries = shares.flatMap(({ operator, publicKey }) => {
    const id = parseOperatorId(operator);
    const share = parseShareKey(toHex(publicKey));
    return id === null || share === null ? [] : ([[id, share]] as const);
  });
  if (validator === null) throw new CommandFailed(`${key.publicKey} is not a validator key`);
  return { key: validator, operators, shares: new Map(entries), policy: allowed };
};
