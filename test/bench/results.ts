/**
 * The JSON of a run.
 */
import type { Figure } from './figures.ts';
import type { Answers } from './harness.ts';
import type { Machine } from './machine.ts';

export interface Results {
  readonly version: 1;
  /** ISO 8601, of the start. */
  readonly date: string;
  readonly commit: string;
  readonly short: boolean;
  readonly tookSeconds: number;
  readonly machine: Machine;
  readonly floors: readonly Figure[];
  readonly cases: readonly Figure[];
  readonly answers: readonly Answers[];
  readonly broken: readonly BrokenCase[];
}

/** A case that threw; it has no figures. */
export interface BrokenCase {
  readonly name: string;
  readonly why: string;
}

/** A sentence for each case in which requests were not answered. */
export const missingTexts = ({ answers }: Pick<Results, 'answers'>): readonly string[] =>
  answers
    .filter(({ asked, answered }) => answered < asked)
    .map(
      (one) =>
        `${one.name} (${parametersText(one)}): ${one.asked - one.answered} of ${one.asked} not answered; first: ${one.firstProblem}`,
    );

/** Three digits that count, without an exponent. */
export const shown = (value: number): string => {
  if (!Number.isFinite(value)) return '?';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4);
};

export const parametersText = ({ parameters }: Pick<Figure, 'parameters'>): string =>
  Object.entries(parameters)
    .map(([name, value]) => (typeof value === 'string' ? value : `${name} ${value}`))
    .join(', ');

export const targetText = ({ target, unit }: Figure): string => {
  if (target === null) return '';
  const of = target.of === 'ratio' ? ' of the floor' : ` ${unit}`;
  return `${target.of === 'p99' ? 'p99 ' : ''}<= ${target.max}${of}`;
};

export const metText = ({ met }: Figure): string => (met === null ? '' : met ? 'yes' : 'no');
