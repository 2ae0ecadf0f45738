/**
 * `quorate slashing import` and `quorate slashing export` without their arguments: what they do and what they say.
 *
 * The node must be stopped: both open its database, and a database has one owner. `text` is for the terminal (stderr, as an
 * export may go to stdout), `exitCode` for the shell: 0 done, 1 refused, with nothing changed.
 */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Root, ValidatorKey } from '../core/ids.ts';
import { minimise, renderInterchange } from '../core/slashing/interchange.ts';
import { interchangeCharsMax, parseInterchange } from '../core/slashing/parse-interchange.ts';
import { type Database, openDatabase } from '../storage/database.ts';
import {
  createSlashingHistory,
  type ImportedKey,
  type SlashingHistory,
} from '../storage/slashing-history.ts';
import { StorageFailed } from '../storage/storage-failed.ts';

export interface CommandReport {
  readonly exitCode: 0 | 1;
  readonly text: string;
}

export interface ImportSlashingOptions {
  /** Path of the database; made where it does not exist. */
  readonly database: string;
  readonly genesisValidatorsRoot: Root;
  /** The interchange file's bytes. */
  readonly from: AsyncIterable<Uint8Array>;
}

/** Throws only what reading `from` throws, and bugs. */
export const importSlashing = (options: ImportSlashingOptions): Promise<CommandReport> =>
  orRefused(async () => {
    const text = await readText(options.from);
    if (text === null) return refused(`the file is longer than ${interchangeCharsMax} bytes, or not UTF-8`);
    const parsed = parseInterchange(text);
    if (parsed.type === 'malformed') return refused(`not an interchange file of version 5: ${parsed.reason}`);
    using database = openDatabase({
      path: options.database,
      create: true,
      genesisValidatorsRoot: options.genesisValidatorsRoot,
    });
    return importedReport(createSlashingHistory(database).import(parsed.interchange));
  });

export interface ExportSlashingOptions {
  /** Path of the database, which must exist. */
  readonly database: string;
  /** null: of whatever network the database is. */
  readonly genesisValidatorsRoot: Root | null;
  /** null: all keys. */
  readonly keys: readonly ValidatorKey[] | null;
  /** minimal: one record per key and kind; every client reads it, and it permits nothing older. */
  readonly form: 'complete' | 'minimal';
  /** Opened only once the database is found good, so that a refusal leaves an earlier export in place. Ended afterwards. */
  readonly openTo: () => Writable;
}

/** Throws only what writing throws, and bugs. */
export const exportSlashing = (options: ExportSlashingOptions): Promise<CommandReport> =>
  orRefused(async () => {
    const { genesisValidatorsRoot } = options;
    using database = openDatabase({ path: options.database, create: false, genesisValidatorsRoot });
    const history = createSlashingHistory(database);
    const keys = chosenKeys(history, options.keys);
    if (keys.unknown.length > 0) {
      return refused(`the database has no history of ${keys.unknown.join(', ')}; nothing was exported`);
    }
    await pipeline(Readable.from(pieces(database, history, keys.chosen, options.form)), options.openTo());
    return { exitCode: 0, text: `exported the ${options.form} history of ${keys.chosen.length} key(s)\n` };
  });

const refused = (why: string): CommandReport => ({ exitCode: 1, text: `${why}\n` });

const orRefused = async (work: () => Promise<CommandReport>): Promise<CommandReport> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StorageFailed) return refused(error.message);
    throw error;
  }
};

const readText = async (from: AsyncIterable<Uint8Array>): Promise<string | null> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of from) {
    length += chunk.length;
    // Bytes are at least as many as characters, and the first bound that is passed ends the reading.
    if (length > interchangeCharsMax) return null;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
};

const importedReport = (keys: readonly ImportedKey[]): CommandReport => {
  const added = keys.reduce((sum, key) => sum + key.added, 0);
  const lines = [`imported ${keys.length} key(s), ${added} new record(s)`, ...keys.map(importedLine)];
  return { exitCode: 0, text: `${lines.join('\n')}\n` };
};

const importedLine = (of: ImportedKey): string => {
  const counts = `${of.key}: ${of.attestations} attestation(s), ${of.blocks} block(s), ${of.added} new`;
  const raised = of.raisedTo === null ? '' : `; votes up to target ${of.raisedTo} are now refused`;
  const conflicts =
    of.conflicting === 0
      ? ''
      : `; WARNING: ${of.conflicting} contradict what this database holds: did the key sign elsewhere?`;
  return counts + raised + conflicts;
};

const chosenKeys = (
  history: SlashingHistory,
  wanted: readonly ValidatorKey[] | null,
): { readonly chosen: readonly string[]; readonly unknown: readonly string[] } => {
  const known = history.keys();
  if (wanted === null) return { chosen: known, unknown: [] };
  const has = new Set(known);
  const chosen = [...new Set<string>(wanted)];
  return { chosen, unknown: chosen.filter((key) => !has.has(key)) };
};

const pieces = function* (
  database: Database,
  history: SlashingHistory,
  keys: readonly string[],
  form: ExportSlashingOptions['form'],
): Generator<string> {
  const histories = history.export(keys);
  const rendered = form === 'complete' ? histories : histories.map(minimise);
  yield* renderInterchange(database.genesisValidatorsRoot, rendered);
};
