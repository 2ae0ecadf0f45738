/**
 * `quorate slashing import FILE` and `quorate slashing export`: their arguments. What they do is in slashing.ts.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { loadNetwork } from '../app/cluster-file.ts';
import { databasePathOf } from '../app/config.ts';
import { optional, optionsOf, type Settings } from '../app/settings/option.ts';
import { readSettings } from '../app/settings/read-settings.ts';
import { parseValidatorKey, type Root, type ValidatorKey } from '../core/ids.ts';
import { type Command, CommandFailed, type ExitCode, type Terminal, tellProblems } from './command.ts';
import { type CommandReport, exportSlashing, importSlashing } from './slashing.ts';

const options = optionsOf('Options');

const schema = {
  'data-dir': options.text('DIR', "The node's data folder; the node must be stopped", {
    default: './data',
  }),
  network: optional(options.text('NAME', 'Network of the database; needed to import into a new one')),
  'network-file': optional(options.text('FILE', 'Description of a custom network')),
  'out-file': optional(options.text('FILE', 'Where an export goes; standard output unless given')),
  'validator-key': options.list('KEY,...', 'Export these keys only; all unless given', {
    default: [],
    maxItems: 20_000,
  }),
  minimal: options.flag('Export one record for each key and kind in place of all', { default: false }),
};

type SlashingSettings = Settings<typeof schema>;

export const slashingCommand: Command = {
  usage: 'import FILE|- [options]\n       quorate slashing export [options]',
  about:
    'Imports an EIP-3076 interchange file into the slashing protection of a node, or exports one. Importing never permits\nwhat was refused before. - reads standard input.',
  schema,
  async run(argv, terminal) {
    const read = readSettings(schema, { argv, environment: {} });
    if (read.type === 'problems') return tellProblems('slashing', read.problems, terminal);
    const [action, file, ...more] = read.rest;
    if (more.length > 0) return tellProblems('slashing', ['too many arguments'], terminal);
    if (action === 'import' && file !== undefined)
      return told(terminal, await runImport(file, read.settings, terminal));
    if (action === 'export' && file === undefined)
      return told(terminal, await runExport(read.settings, terminal));
    return tellProblems('slashing', ['say `import FILE` or `export`'], terminal);
  },
};

const told = (terminal: Terminal, { exitCode, text }: CommandReport): ExitCode => {
  terminal.err(text);
  return exitCode;
};

const rootOf = ({ network, networkFile }: SlashingSettings): Root | null => {
  if (network === undefined && networkFile === undefined) return null;
  const loaded = loadNetwork(
    network === undefined ? [] : [{ source: '--network', name: network }],
    networkFile,
  );
  if (loaded.type === 'problems') throw new CommandFailed(loaded.problems.join('\n'));
  return loaded.value.genesisValidatorsRoot;
};

const runImport = async (
  file: string,
  settings: SlashingSettings,
  terminal: Terminal,
): Promise<CommandReport> => {
  const genesisValidatorsRoot = rootOf(settings);
  if (genesisValidatorsRoot === null) throw new CommandFailed('importing needs --network or --network-file');
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const from: AsyncIterable<Uint8Array> = file === '-' ? terminal.input : createReadStream(file);
  return orTold(file, () =>
    importSlashing({ database: databasePathOf(settings.dataDir), genesisValidatorsRoot, from }),
  );
};

const runExport = async (settings: SlashingSettings, terminal: Terminal): Promise<CommandReport> => {
  const keys = settings.validatorKey.map(parseValidatorKey);
  if (keys.includes(null)) throw new CommandFailed('--validator-key takes keys of 48 bytes as 0x-hex');
  const { outFile } = settings;
  return orTold(outFile ?? 'standard output', () =>
    exportSlashing({
      database: databasePathOf(settings.dataDir),
      genesisValidatorsRoot: rootOf(settings),
      keys: keys.length === 0 ? null : keys.filter((key): key is ValidatorKey => key !== null),
      form: settings.minimal ? 'minimal' : 'complete',
      openTo: () =>
        outFile === undefined ? writableOf(terminal) : createWriteStream(outFile, { mode: 0o600 }),
    }),
  );
};

const orTold = async (file: string, work: () => Promise<CommandReport>): Promise<CommandReport> => {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause)
      throw new CommandFailed(`${file}: ${cause.message}`, { cause });
    throw cause;
  }
};

const writableOf = (terminal: Terminal): Writable =>
  new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      terminal.out(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      done();
    },
  });
