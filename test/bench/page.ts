/**
 * The tables of deploy/PERFORMANCE.md and its plots, from deploy/performance/figures.json.
 *
 * `node test/bench/page.ts` writes them, each table between the markers that name it. What is said around them is written by hand.
 * Some tables are there a second time, of a run on a slower machine: from deploy/performance/slower-machine.json.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { besideRows } from './beside.ts';
import type { Figure } from './figures.ts';
import { plotsOf } from './plot.ts';
import { metText, missingTexts, parametersText, type Results, shown, targetText } from './results.ts';

const deploy = join(import.meta.dirname, '../../deploy');
export const pagePath = join(deploy, 'PERFORMANCE.md');
export const plotPath = (name: string): string => join(deploy, 'performance', name);

/** `figures.json` or `slower-machine.json`. */
export const readResults = (file: string): Results =>
  JSON.parse(readFileSync(plotPath(file), 'utf8')) as Results;

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[], numbersFrom: number): string =>
  [row(head), row(head.map((_, at) => (at >= numbersFrom ? '---:' : '---'))), ...rows.map(row)].join('\n');

/** How fast the machine was at the time: a virtual one shares its cores with whom it does not know. */
const speedOf = (floors: readonly Figure[]): readonly string[] => {
  const of = (figure: string): string | null => {
    const floor = floors.find((one) => one.figure === figure);
    return floor === undefined ? null : `${shown(floor.median)} ${floor.unit}`;
  };
  const [sign, verify] = [of('blst.sign'), of('blst.verify')];
  return sign === null || verify === null
    ? []
    : [`One BLS signature took ${sign} and one verification ${verify} of a core.`];
};

const machineOf = ({ machine, date, commit, tookSeconds, answers, floors }: Results): string => {
  const of = (key: 'asked' | 'answered' | 'verified'): number =>
    answers.reduce((sum, one) => sum + one[key], 0);
  return [
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryMb / 1024)} GiB, ${machine.system}, Node ${machine.node}.`,
    `Commit ${commit}, ${date.slice(0, 10)}, ${Math.round(tookSeconds / 60)} minutes. Load average ${machine.loadAtStart} before and ${machine.loadAtEnd} after.`,
    ...speedOf(floors),
    ...(machine.loadAtStart > machine.cores / 2
      ? [
          'Something else ran on the machine in the minute before: the first figures may be worse than without it.',
        ]
      : []),
    `${of('asked')} requests, ${of('answered')} answers, ${of('verified')} signatures verified.`,
  ].join('\n');
};

const named = ({ name, figure, parameters }: Figure): string =>
  `${name}: ${figure}${Object.keys(parameters).length === 0 ? '' : ` (${parametersText({ parameters })})`}`;

/** The figure that the target is about. */
const measuredText = ({ target, ratio, median, p99, unit }: Figure): string => {
  switch (target?.of) {
    case 'ratio':
      return ratio === null ? '' : `${shown(ratio)} of the floor`;
    case 'p99':
      return `${shown(p99)} ${unit}`;
    default:
      return `${shown(median)} ${unit}`;
  }
};

const targetsOf = ({ cases }: Results): string =>
  table(
    ['what', 'target', 'measured', 'met'],
    cases
      .filter(({ target }) => target !== null)
      .map((figure) => [named(figure), targetText(figure), measuredText(figure), metText(figure)]),
    2,
  );

const plain = (figures: readonly Figure[]): string =>
  figures.length === 0
    ? 'Not in this run.'
    : table(
        ['what', 'with', 'unit', 'median', 'p99', 'runs', 'x floor'],
        figures.map((figure) => [
          figure.figure,
          parametersText(figure),
          figure.unit,
          shown(figure.median),
          shown(figure.p99),
          String(figure.runs),
          figure.ratio === null ? '' : `${shown(figure.ratio)} ${figure.floor}`,
        ]),
        3,
      );

/** One line for each value of `rowOf`, one column for each of a parameter. */
const pivot = (
  figures: readonly Figure[],
  corner: string,
  rowOf: (figure: Figure) => string,
  by: string,
  cell: (figure: Figure) => string,
): string => {
  if (figures.length === 0) return 'Not in this run.';
  const columns = [...new Set(figures.map(({ parameters }) => Number(parameters[by])))].sort((a, b) => a - b);
  const rows = [...new Set(figures.map(rowOf))].map((name) => [
    name,
    ...columns.map((column) => {
      const found = figures.find((one) => rowOf(one) === name && Number(one.parameters[by]) === column);
      return found === undefined ? '' : cell(found);
    }),
  ]);
  return table([corner, ...columns.map((column) => `${by} ${column}`)], rows, 1);
};

const both = ({ median, p99 }: Figure): string => `${shown(median)} / ${shown(p99)}`;
const withUnit = ({ figure, unit }: Figure): string => `${figure}, ${unit}`;

const tables: Readonly<Record<string, (results: Results) => string>> = {
  machine: machineOf,
  targets: targetsOf,
  missing: (results) => {
    const texts = missingTexts(results);
    return texts.length === 0
      ? 'All requests of this run were answered.'
      : ['Not all requests of this run were answered:', '', ...texts.map((text) => `- ${text}`)].join('\n');
  },
  floors: ({ floors }) => plain(floors),
  beside: (results) => table(['what', 'others', 'Quorate'], besideRows(results), 3),
  duty: ({ cases }) =>
    pivot(
      cases.filter(
        ({ name, figure }) => name === 'duty' && (figure === 'answer' || figure.startsWith('CPU')),
      ),
      'answer, ms, median / p99',
      ({ figure, parameters }) => String(parameters.type ?? figure),
      'operators',
      both,
    ),
  burst: ({ cases }) =>
    pivot(
      cases.filter(({ name }) => name === 'burst'),
      'median / p99',
      withUnit,
      'validators',
      both,
    ),
  messages: ({ cases }) =>
    pivot(
      cases.filter(({ name }) => name === 'messages'),
      'median',
      (figure) => {
        const within = figure.parameters['asked within ms'];
        return `${withUnit(figure)}${within === undefined ? '' : `, asked within ${within} ms`}`;
      },
      'validators',
      ({ median }) => shown(median),
    ),
};

/** Cases whose table needs no arrangement. */
const plainTables = [
  'recovery',
  'operator-key',
  'qbft',
  'requests',
  'steady',
  'wan',
  'trouble',
  'keystores',
  'start-up',
  'hour',
  'go',
];

const marked = /<!-- figures: ([a-z-]+)( of the slower machine)? -->\n[\s\S]*?<!-- end -->/g;

/** The page with its tables made anew. Throws RangeError for a marker that names nothing, and for a short run. */
export const renderPage = (page: string, results: Results, slower: Results): string => {
  for (const { broken, short } of [results, slower]) {
    if (broken.length > 0) throw new RangeError('a case is broken: nothing is published');
    if (short) throw new RangeError('figures of a short run mean nothing: nothing is published');
  }
  return page.replace(marked, (_, name: string, where: string | undefined) => {
    const make =
      tables[name] ??
      (plainTables.includes(name)
        ? ({ cases }: Results) => plain(cases.filter((one) => one.name === name))
        : null);
    if (make === null) throw new RangeError(`${name} is no table of figures`);
    const of = where === undefined ? results : slower;
    return `<!-- figures: ${name}${where ?? ''} -->\n\n${make(of)}\n\n<!-- end -->`;
  });
};

if (import.meta.main) {
  const results = readResults('figures.json');
  const page = readFileSync(pagePath, 'utf8');
  writeFileSync(pagePath, renderPage(page, results, readResults('slower-machine.json')));
  for (const [name, svg] of plotsOf(results)) writeFileSync(plotPath(name), svg);
}
