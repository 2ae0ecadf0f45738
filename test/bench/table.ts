/**
 * A run as a table for a terminal.
 */
import type { Figure } from './figures.ts';
import { metText, missingTexts, parametersText, type Results, shown, targetText } from './results.ts';

const head = ['case', 'what', 'with', 'unit', 'median', 'p99', 'runs', 'x floor', 'target', 'met'] as const;
const isNumber = [false, false, false, false, true, true, true, true, false, false] as const;

const rowOf = (figure: Figure): readonly string[] => [
  figure.name,
  figure.figure,
  parametersText(figure),
  figure.unit,
  shown(figure.median),
  shown(figure.p99),
  String(figure.runs),
  figure.ratio === null ? '' : `${shown(figure.ratio)} ${figure.floor}`,
  targetText(figure),
  metText(figure),
];

const aligned = (rows: readonly (readonly string[])[]): string => {
  const widths = head.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (isNumber[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

export const tableOf = (results: Results): string => {
  const { date, commit, machine, floors, cases, answers, broken, tookSeconds } = results;
  const asked = answers.reduce((sum, one) => sum + one.asked, 0);
  const answered = answers.reduce((sum, one) => sum + one.answered, 0);
  const verified = answers.reduce((sum, one) => sum + one.verified, 0);
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryMb} MB, ${machine.system}, Node ${machine.node}`,
    `${date}, commit ${commit}, load ${machine.loadAtStart} at the start and ${machine.loadAtEnd} at the end, ${tookSeconds} s`,
    '',
    aligned([[...head], ...[...floors, ...cases].map(rowOf)]),
    '',
    `${answered} of ${asked} requests answered, equal across operators; ${verified} signatures verified`,
    ...missingTexts(results).map((text) => `  ${text}`),
    ...broken.map(({ name, why }) => `broken: ${name}: ${why}`),
    '',
  ].join('\n');
};
