/**
 * Plots of a run as SVG, written by hand: how cost grows with validators and with operators.
 *
 * The same figures make the same bytes, so that a test can compare the files with them.
 */
import type { Figure } from './figures.ts';
import { type Results, shown } from './results.ts';

interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

interface Panel {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Validators are counted in powers, operators one by one. */
  readonly isLogarithmic: boolean;
  readonly lines: readonly Line[];
}

const [panelWidth, height] = [420, 320];
const inner = { left: 64, right: 20, top: 40, bottom: 72 };
const colours = ['#1f6feb', '#d1242f', '#1a7f37', '#8250df'];

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
const at = (value: number): string => value.toFixed(1);

/** Steps of 1, 2 or 5 times a power of ten, four to eight of them up to `max`. */
const ticksUpTo = (max: number): readonly number[] => {
  const rough = Math.max(max, 1e-9) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= rough) ?? rough;
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, index) => index * step);
};

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${at(x)}" y="${at(y)}" ${more}>${escaped(content)}</text>`;

const drawLine = (
  { name, points }: Line,
  index: number,
  place: (point: { x: number; y: number }) => readonly [number, number],
): string => {
  const colour = colours[index % colours.length];
  const ends = points.map(place);
  const path = ends.map(([x, y]) => `${at(x)},${at(y)}`).join(' ');
  const dots = ends.map(([x, y]) => `<circle cx="${at(x)}" cy="${at(y)}" r="3" fill="${colour}"/>`).join('');
  const legendX = inner.left + (index % 2) * 170;
  const legendY = height - 26 + Math.floor(index / 2) * 16;
  const legend = `<rect x="${at(legendX)}" y="${at(legendY - 8)}" width="10" height="10" fill="${colour}"/>${text(legendX + 15, legendY + 1, name)}`;
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${legend}`;
};

const drawPanel = (panel: Panel, left: number): string => {
  const all = panel.lines.flatMap(({ points }) => points);
  const xs = [...new Set(all.map(({ x }) => x))].sort((a, b) => a - b);
  const scale = panel.isLogarithmic ? Math.log10 : (x: number) => x;
  const [first, last] = [scale(xs[0] ?? 1), scale(xs.at(-1) ?? 10)];
  const ticks = ticksUpTo(Math.max(...all.map(({ y }) => y)));
  const top = ticks.at(-1) ?? 1;
  const placeX = (x: number): number =>
    inner.left +
    (last === first ? 0.5 : (scale(x) - first) / (last - first)) * (panelWidth - inner.left - inner.right);
  const placeY = (y: number): number =>
    height - inner.bottom - (y / top) * (height - inner.top - inner.bottom);
  const grid = ticks.map(
    (tick) =>
      `<line x1="${inner.left}" x2="${panelWidth - inner.right}" y1="${at(placeY(tick))}" y2="${at(placeY(tick))}" stroke="#d0d7de"/>${text(inner.left - 6, placeY(tick) + 4, shown(tick), 'text-anchor="end"')}`,
  );
  const marks = xs.map((x) => text(placeX(x), height - inner.bottom + 16, String(x), 'text-anchor="middle"'));
  const middle = (height - inner.bottom + inner.top) / 2;
  return [
    `<g transform="translate(${left},0)">`,
    text(panelWidth / 2, 20, panel.title, 'text-anchor="middle" font-weight="bold"'),
    ...grid,
    ...marks,
    text(panelWidth / 2, height - inner.bottom + 32, panel.x, 'text-anchor="middle"'),
    text(0, 0, panel.y, `text-anchor="middle" transform="translate(14,${at(middle)}) rotate(-90)"`),
    ...panel.lines.map((line, index) => drawLine(line, index, ({ x, y }) => [placeX(x), placeY(y)])),
    '</g>',
  ].join('\n');
};

const draw = (panels: readonly Panel[]): string => {
  const width = panels.length * panelWidth;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11" fill="#1f2328">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...panels.map((panel, index) => drawPanel(panel, index * panelWidth)),
    '</svg>',
    '',
  ].join('\n');
};

const lineOf = (
  { cases }: Results,
  name: string,
  belongs: (figure: Figure) => boolean,
  by: 'validators' | 'operators',
  value: (figure: Figure) => number,
): Line => ({
  name,
  points: cases
    .filter(belongs)
    .map((figure) => ({ x: Number(figure.parameters[by]), y: value(figure) }))
    .sort((a, b) => a.x - b.x),
});

const median = (figure: Figure): number => figure.median;
const isBurst =
  (what: string) =>
  ({ name, figure }: Figure): boolean =>
    name === 'burst' && figure === what;
const isAttestation = ({ name, figure, parameters }: Figure): boolean =>
  name === 'duty' && figure === 'answer' && parameters.type === 'ATTESTATION';

/** A case that was left out of the run leaves out its panel. */
const full = (panels: readonly Panel[]): readonly Panel[] =>
  panels
    .map((panel) => ({ ...panel, lines: panel.lines.filter(({ points }) => points.length > 0) }))
    .filter(({ lines }) => lines.length > 0);

const ofValidators = (results: Results): readonly Panel[] => {
  const line = (name: string, what: string, value = median): Line =>
    lineOf(results, name, isBurst(what), 'validators', value);
  const common = { x: 'validators that attest in one slot, 4 operators', isLogarithmic: true };
  return [
    {
      ...common,
      title: 'CPU of all operators for an answer',
      y: 'ms',
      lines: [line('CPU', 'CPU for an answer')],
    },
    {
      ...common,
      title: 'Time to all answers, and to one',
      y: 's',
      lines: [
        line('all', 'all answers, wall', ({ median: ms }) => ms / 1000),
        line('one, median', 'answer, p50', ({ median: ms }) => ms / 1000),
        line('CPU of all operators', 'all answers, CPU of all operators', ({ median: ms }) => ms / 1000),
      ],
    },
  ];
};

const ofOperators = (results: Results): readonly Panel[] => {
  const common = { x: 'operators', y: 'ms', isLogarithmic: false };
  return [
    {
      ...common,
      title: 'An attestation, request to answer',
      lines: [
        lineOf(results, 'median', isAttestation, 'operators', median),
        lineOf(results, 'p99', isAttestation, 'operators', ({ p99 }) => p99),
      ],
    },
    {
      ...common,
      title: 'CPU of all operators for a duty',
      lines: [
        lineOf(
          results,
          'mean over all types of request',
          ({ name, figure }) => name === 'duty' && figure === 'CPU of all operators for a duty',
          'operators',
          median,
        ),
      ],
    },
  ];
};

/** Contents by file name. */
export const plotsOf = (results: Results): ReadonlyMap<string, string> =>
  new Map([
    ['validators.svg', draw(full(ofValidators(results)))],
    ['operators.svg', draw(full(ofOperators(results)))],
  ]);
