/**
 * How cases are measured.
 *
 * Small ones are interleaved: every round runs each of them once, in a row with the floors, so that noise hits all alike. A
 * sample is the mean over a batch long enough for the clock; the p99 is that of batches. Cases with nodes run one after the
 * other, the floors measured just before each.
 */
import type { Figure, Floors, Parameters, Series, Target } from './figures.ts';
import { figureOf, quantile } from './figures.ts';
import { type FloorName, type FloorWork, floorNames } from './floors.ts';

/** One small thing to measure, in microseconds. */
export interface Micro {
  readonly name: string;
  readonly figure: string;
  readonly parameters: Parameters;
  readonly floor: FloorName;
  readonly target: Target | null;
  /** Does it once; throws where the result is wrong. */
  readonly work: () => unknown;
}

export interface Extent {
  /** A few seconds in all, to see that it works; figures mean nothing. */
  readonly short: boolean;
  /** Samples of each case, where the user asked for a number. */
  readonly runs: number | null;
}

/** Requests asked in a case, signatures that came back, and how many of them were verified. */
export interface Answers {
  readonly name: string;
  readonly parameters: Parameters;
  readonly asked: number;
  readonly answered: number;
  readonly verified: number;
  /** What the first of the missing answers said. */
  readonly firstProblem: string | null;
}

export interface CaseRun {
  readonly series: readonly Series[];
  readonly answers: readonly Answers[];
}

export type BenchCase =
  | {
      readonly type: 'micro';
      readonly name: string;
      readonly about: string;
      micros(): readonly Micro[];
    }
  | {
      readonly type: 'nodes';
      readonly name: string;
      readonly about: string;
      /** Takes so long, or needs so much besides, that it runs only when it is named. */
      readonly isLong: boolean;
      run(extent: Extent, say: (text: string) => void): Promise<CaseRun>;
    };

/** A result is wrong: not slow, wrong. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** A port that was free when the cluster was laid out is another process's by now. Worth another try. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

const nowUs = (): number => performance.now() * 1000;

const batch = async (work: () => unknown, times: number): Promise<number> => {
  const startedUs = nowUs();
  for (let at = 0; at < times; at++) {
    const result = work();
    if (result instanceof Promise) await result;
  }
  return (nowUs() - startedUs) / times;
};

interface Prepared {
  readonly micro: Micro;
  readonly times: number;
  readonly samples: number[];
}

/** Warms up, and finds how many calls make a batch. */
const prepare = async (micro: Micro, batchUs: number): Promise<Prepared> => {
  let times = 1;
  let tookUs = await batch(micro.work, 1);
  for (let spentUs = tookUs; spentUs < 20 * batchUs; spentUs += tookUs * times) {
    times = Math.max(1, Math.min(10_000, Math.round(batchUs / Math.max(tookUs, 0.01))));
    tookUs = await batch(micro.work, times);
  }
  return { micro, times: Math.max(1, Math.round(batchUs / Math.max(tookUs, 0.01))), samples: [] };
};

const floorMicros = ({ works }: FloorWork): readonly Micro[] =>
  floorNames.map((name) => ({
    name: 'floor',
    figure: name,
    parameters: {},
    floor: name,
    target: null,
    work: works[name],
  }));

const seriesOf = ({ micro, samples }: Prepared): Series => ({ ...micro, unit: 'us', samples });

const floorsOf = (prepared: readonly Prepared[]): Floors =>
  Object.fromEntries(
    floorNames.map((name, at) => [name, quantile(prepared[at]?.samples ?? [], 0.5)]),
  ) as Record<FloorName, number>;

export interface MicroRun {
  readonly floors: readonly Figure[];
  readonly figures: readonly Figure[];
}

/** The floors come first in every round. */
export const runMicros = async (
  work: FloorWork,
  micros: readonly Micro[],
  extent: Extent,
): Promise<MicroRun> => {
  const batchUs = extent.short ? 500 : 8000;
  const rounds = extent.runs ?? (extent.short ? 3 : 60);
  const prepared: Prepared[] = [];
  for (const micro of [...floorMicros(work), ...micros]) prepared.push(await prepare(micro, batchUs));
  for (let round = 0; round < rounds; round++) {
    for (const { micro, times, samples } of prepared) samples.push(await batch(micro.work, times));
  }
  const floors = floorsOf(prepared);
  const figures = prepared.map((one) => figureOf(seriesOf(one), floors));
  return { floors: figures.slice(0, floorNames.length), figures: figures.slice(floorNames.length) };
};

/** The floors alone, for the case that follows. Microseconds. */
export const measureFloors = async (work: FloorWork, extent: Extent): Promise<Floors> => {
  const { floors } = await runMicros(work, [], { ...extent, runs: extent.short ? 3 : 25 });
  return Object.fromEntries(floors.map(({ figure, median }) => [figure, median])) as Record<
    FloorName,
    number
  >;
};
