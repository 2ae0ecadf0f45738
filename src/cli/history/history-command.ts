/**
 * `quorate history list`, `export` and `verify`: what the cluster decided, from a node's file and the cluster file alone.
 */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { optional, optionsOf, type Settings } from '../../app/settings/option.ts';
import { readSettings } from '../../app/settings/read-settings.ts';
import { parseValidatorKey } from '../../core/ids.ts';
import { summaryOf } from '../../storage/decided/summary.ts';
import { type Command, type ExitCode, type Terminal, tellProblems } from '../command.ts';
import { exportHistory } from './export.ts';
import { type OpenedHistory, openHistory } from './opened.ts';
import { verifyHistory } from './verify.ts';

const options = optionsOf('Options');

const schema = {
  'cluster-file': options.text('FILE', 'Operators and validators, YAML or JSON'),
  'network-file': optional(options.text('FILE', 'Description of a custom network')),
  'data-dir': options.text('DIR', "The node's data folder; the node must be stopped", {
    default: './data',
  }),
  'history-file': optional(
    options.text('FILE', 'A copy of decided.sqlite, in place of the one in --data-dir'),
  ),
  format: options.choice(['eip3076', 'csv', 'jsonl'], 'What an export is', { default: 'eip3076' }),
  'out-file': optional(options.text('FILE', 'Where an export goes; standard output unless given')),
  'validator-key': options.list('KEY,...', 'Export these validators only; all unless given', {
    default: [],
    maxItems: 20_000,
  }),
  'from-slot': options.integer('SLOT', 'First slot', { default: 0, minimum: 0, maximum: 2 ** 52 }),
  'to-slot': options.integer('SLOT', 'Last slot', { default: 2 ** 52, minimum: 0, maximum: 2 ** 52 }),
};

type HistorySettings = Settings<typeof schema>;

export const historyCommand: Command = {
  usage: 'list|export|verify --cluster-file FILE [options]',
  about:
    'Tells what the cluster decided and signed. verify checks every certificate and signature with the cluster file alone;\nexport writes an EIP-3076 interchange file, or CSV or JSON lines; list tells how much there is.',
  schema,
  async run(argv, terminal) {
    const read = readSettings(schema, { argv, environment: {} });
    if (read.type === 'problems') return tellProblems('history', read.problems, terminal);
    const { settings, rest } = read;
    const [action, ...more] = rest;
    if (more.length > 0 || (action !== 'list' && action !== 'export' && action !== 'verify'))
      return tellProblems('history', ['say `list`, `export` or `verify`'], terminal);
    const malformed = settings.validatorKey.filter((key) => parseValidatorKey(key) === null);
    if (malformed.length > 0)
      return tellProblems('history', ['--validator-key: must be a public key, 48 bytes as 0x-hex'], terminal);
    await using history = openHistory(settings);
    switch (action) {
      case 'list':
        return list(history, terminal);
      case 'verify':
        return await verifyHistory(history, settings, terminal);
      case 'export':
        return await writeExport(history, settings, terminal);
    }
  },
};

const list = (history: OpenedHistory, terminal: Terminal): ExitCode => {
  const summary = summaryOf(history.file);
  for (const { committee, role, count, firstSlot, lastSlot } of summary)
    terminal.out(
      `${committee}  ${role.padEnd(12)} ${String(count).padStart(9)}  slots ${firstSlot} to ${lastSlot}\n`,
    );
  if (summary.length === 0) terminal.out('nothing was decided yet\n');
  return 0;
};

const writeExport = async (
  history: OpenedHistory,
  settings: HistorySettings,
  terminal: Terminal,
): Promise<ExitCode> => {
  const validators = settings.validatorKey.map(parseValidatorKey).filter((key) => key !== null);
  const pieces = exportHistory(history, { ...settings, validators });
  if (settings.outFile === undefined) for await (const piece of pieces) terminal.out(piece);
  else await pipeline(Readable.from(pieces), createWriteStream(settings.outFile, { mode: 0o600 }));
  return 0;
};
