/**
 * `quorate history export`: decided history for other programs. EIP-3076 for a validator client's slashing protection, CSV and
 * JSON lines for analysis. Only what verifies is exported.
 */

import { toHex } from '../../core/bytes.ts';
import { signableOf } from '../../core/duty/value.ts';
import type { Certificate, Entry } from '../../core/history/entry.ts';
import { wholeCluster } from '../../core/history/entry.ts';
import { itemsOf } from '../../core/history/fold.ts';
import type { ValidatorKey } from '../../core/ids.ts';
import { renderInterchange } from '../../core/slashing/interchange.ts';
import type { AttestationRecord, BlockRecord, KeyHistory } from '../../core/slashing/record.ts';
import { verifyEntries } from '../../workflow/history/verify-entries.ts';
import { CommandFailed } from '../command.ts';
import { type OpenedHistory, pagesOf, type SlotRange } from './opened.ts';

export type ExportFormat = 'eip3076' | 'csv' | 'jsonl';

export interface ExportOptions extends SlotRange {
  readonly format: ExportFormat;
  /** Empty: all. */
  readonly validators: readonly ValidatorKey[];
}

/** The text of the export in pieces. Throws CommandFailed where something stored does not verify. */
export async function* exportHistory(history: OpenedHistory, options: ExportOptions): AsyncGenerator<string> {
  switch (options.format) {
    case 'eip3076':
      yield* interchange(history, options);
      return;
    case 'csv':
      yield `${columns.join(',')}\n`;
      for await (const row of rows(history, options))
        yield `${columns.map((name) => row[name] ?? '').join(',')}\n`;
      return;
    case 'jsonl':
      for await (const row of rows(history, options)) yield `${JSON.stringify(row)}\n`;
      return;
  }
}

async function* verifiedEntries(history: OpenedHistory, options: ExportOptions): AsyncGenerator<Entry> {
  for (const page of pagesOf(history, options)) {
    const verified = await verifyEntries(history.ports, page);
    if (verified.type === 'lie') {
      throw new CommandFailed(`nothing more is exported: ${verified.why}; see quorate history verify`);
    }
    yield* verified.entries;
  }
}

const isWanted = ({ validators }: ExportOptions, key: string): boolean =>
  validators.length === 0 || validators.includes(key as ValidatorKey);

async function* interchange(history: OpenedHistory, options: ExportOptions): AsyncGenerator<string> {
  const { network } = history.ports;
  const keys = new Map<string, { blocks: BlockRecord[]; attestations: AttestationRecord[] }>();
  for await (const entry of verifiedEntries(history, options)) {
    for (const item of itemsOf(network, entry)) {
      if (!isWanted(options, item.key)) continue;
      const known = keys.get(item.key) ?? { blocks: [], attestations: [] };
      keys.set(item.key, known);
      const { signingRoot } = item;
      if (item.type === 'block') known.blocks.push({ slot: item.slot, signingRoot });
      else known.attestations.push({ source: item.source, target: item.target, signingRoot });
    }
  }
  const histories = [...keys].map(([key, records]): KeyHistory => ({ key, ...records }));
  yield* renderInterchange(network.genesisValidatorsRoot, histories);
}

/** Of the CSV; JSON lines have the same names. */
const columns = [
  'slot',
  'role',
  'committee',
  'validator',
  'round',
  'operators',
  'head',
  'source',
  'target',
  'signed_by',
] as const;

type Row = Readonly<Partial<Record<(typeof columns)[number], string | number>>>;

/** One row for each decision; for each validator that signed under a vote, one of its own. */
async function* rows(history: OpenedHistory, options: ExportOptions): AsyncGenerator<Row> {
  for await (const { certificate, proofs } of verifiedEntries(history, options)) {
    const row = rowOf(certificate);
    if (certificate.duty.role !== 'attestation') {
      if (isWanted(options, certificate.duty.validator ?? '')) yield row;
      continue;
    }
    if (proofs.length === 0 && options.validators.length === 0) yield row;
    for (const { validator, claims } of proofs) {
      const signers = claims.map(({ by }) => (by === wholeCluster ? 'whole' : String(by)));
      if (isWanted(options, validator)) yield { ...row, validator, signed_by: signers.join(' ') };
    }
  }
}

const rowOf = (certificate: Certificate): Row => {
  const { duty, round, operators, value } = certificate;
  const signable = signableOf(duty, value, 0);
  const vote = signable?.type === 'attestation' ? signable.vote : null;
  return {
    slot: duty.slot,
    role: duty.role,
    committee: duty.committee,
    ...(duty.validator === null ? {} : { validator: duty.validator }),
    round,
    operators: operators.join(' '),
    ...(vote === null
      ? {}
      : { head: vote.beaconBlockRoot, source: vote.source.epoch, target: vote.target.epoch }),
    ...(duty.role === 'sync-message' ? { head: toHex(value) } : {}),
  };
};
