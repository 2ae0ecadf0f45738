/**
 * What a benchmark says: samples with a unit, and what is made of them for people and for JSON.
 *
 * Ratios are medians against the median of a floor of the same run. Targets are facts to print; nothing here fails a run.
 */
import type { FloorName } from './floors.ts';

export type Unit = 'us' | 'ms' | 's' | 'MB' | 'kB' | 'messages';
export type Parameters = Readonly<Record<string, string | number>>;

/** `of` says which figure must be at most `max`, in the unit of the samples; a ratio has none. */
export interface Target {
  readonly of: 'median' | 'p99' | 'ratio';
  readonly max: number;
}

export interface Series {
  /** The case. */
  readonly name: string;
  /** What was measured, as a person would say it. */
  readonly figure: string;
  readonly parameters: Parameters;
  readonly unit: Unit;
  readonly samples: readonly number[];
  readonly floor: FloorName | null;
  readonly target: Target | null;
}

export interface Figure {
  readonly name: string;
  readonly figure: string;
  readonly parameters: Parameters;
  readonly unit: Unit;
  readonly median: number;
  /** Of few samples: the largest. */
  readonly p99: number;
  readonly runs: number;
  readonly floor: FloorName | null;
  /** median / median of the floor; null where there is no floor that would mean anything. */
  readonly ratio: number | null;
  readonly target: Target | null;
  readonly met: boolean | null;
}

/** Microseconds, by floor. */
export type Floors = Readonly<Record<FloorName, number>>;

/** Ascending copies are made; NaN for no numbers. */
export const quantile = (numbers: readonly number[], q: number): number =>
  [...numbers].sort((a, b) => a - b)[
    Math.min(numbers.length - 1, Math.max(0, Math.ceil(q * numbers.length) - 1))
  ] ?? Number.NaN;

export const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

const inUs: Readonly<Partial<Record<Unit, number>>> = { us: 1, ms: 1000, s: 1_000_000 };

const ratioOf = ({ floor, unit }: Series, median: number, floors: Floors): number | null => {
  const scale = inUs[unit];
  return floor === null || scale === undefined ? null : (median * scale) / floors[floor];
};

const isMet = ({ of, max }: Target, median: number, p99: number, ratio: number | null): boolean => {
  switch (of) {
    case 'median':
      return median <= max;
    case 'p99':
      return p99 <= max;
    case 'ratio':
      return ratio !== null && ratio <= max;
  }
};

export const figureOf = (series: Series, floors: Floors): Figure => {
  const { name, figure, parameters, unit, samples, floor, target } = series;
  const [median, p99] = [quantile(samples, 0.5), quantile(samples, 0.99)];
  const ratio = ratioOf(series, median, floors);
  const met = target === null ? null : isMet(target, median, p99, ratio);
  return { name, figure, parameters, unit, median, p99, runs: samples.length, floor, ratio, target, met };
};
