/**
 * The table for a person and the JSON file for a program.
 */
import { writeFileSync } from 'node:fs';
import type { Count } from './chain/tally.ts';
import { type PartResult, percent } from './results.ts';
import type { Verdict } from './verdicts.ts';

const cell = (count: Count): string => `${count.done}/${count.due} ${percent(count)}`;

const rowsOf = (results: readonly PartResult[]): string[][] => [
  ['part', 'stopped', 'epochs', 'attestations', 'blocks', 'sync bits', 'aggregates*', 'contributions*'],
  ...results.map((part) => [
    part.name,
    part.stopped.join(', ') || 'none',
    `${part.firstEpoch}-${part.lastEpoch}`,
    ...[part.attestations, part.blocks, part.sync, part.aggregates, part.contributions].map(cell),
  ]),
];

const align = (rows: readonly string[][]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const sayClients = ({ name, clients }: PartResult): string[] =>
  clients.map(
    ({ operator, attestations, syncMessages, aggregates }) =>
      `signed for client ${operator}, ${name}: attestations ${cell(attestations)}, ` +
      `sync messages ${cell(syncMessages)}, aggregates ${cell(aggregates)}`,
  );

const sayAnswers = ({ name, answers }: PartResult): string[] =>
  name !== 'healthy' || answers.length === 0
    ? []
    : [
        '\nrequests that the nodes answered up to the end of the healthy part:',
        ...answers.map(({ kind, outcomes, meanMs }) => {
          const counts = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`);
          return `  ${kind}: ${counts.join(', ')}; mean ${meanMs ?? '-'} ms`;
        }),
      ];

const sayErrors = ({ name, errors }: PartResult): string[] =>
  errors.length === 0
    ? []
    : [
        `\nwhat the clients were told, ${name}:`,
        ...errors.slice(0, 6).map(({ why, times }) => `  ${times} x ${why}`),
      ];

export const formatReport = (results: readonly PartResult[], verdicts: readonly Verdict[]): string =>
  [
    '',
    align(rowsOf(results)),
    '* signatures that a validator client logged: the chain does not keep who aggregated',
    ...results.flatMap(sayClients),
    ...results
      .filter(({ name }) => name !== 'two stopped')
      .flatMap(({ name, missed }) => missed.map((what) => `missed, ${name}: ${what}`)),
    ...results.flatMap(sayAnswers),
    ...results.flatMap(sayErrors),
    '',
    ...verdicts.map(({ claim, holds, found }) => `${holds ? 'ok  ' : 'FAIL'}  ${claim} (${found})`),
  ].join('\n');

export interface ReportFile {
  readonly signer: string;
  readonly slotSeconds: number;
  readonly finalizedEpoch: number;
  readonly passed: boolean;
  readonly parts: readonly PartResult[];
  readonly verdicts: readonly Verdict[];
}

export const writeReport = (file: string, report: ReportFile): void => {
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
};
