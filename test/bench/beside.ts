/**
 * What others say of their nodes, beside what was measured of ours: the rows of a table in deploy/PERFORMANCE.md.
 *
 * Theirs are copied from where they are published, or were measured of one part of theirs; ours come from the figures of a run.
 */
import type { Figure, Parameters } from './figures.ts';
import { type Results, shown } from './results.ts';

type Find = (name: string, figure: string, parameters: Parameters) => Figure;

interface Beside {
  readonly what: string;
  readonly theirs: string;
  readonly ours: (find: Find) => string;
}

const sizes = [4, 7, 10, 13];

const engine = (find: Find, messages: string): string =>
  sizes.map((n) => shown(find('qbft', `an instance, messages as ${messages}`, { n }).median)).join(' / ');

const besides: readonly Beside[] = [
  {
    what: 'an instance of consensus in memory, all of 4 / 7 / 10 / 13 operators',
    theirs: "Charon's engine: 92 / 225 / 469 / 852 us, measured on a two-core Xeon on which other things ran",
    ours: (find) => `${engine(find, 'values')} us as values, ${engine(find, 'SSZ')} us as SSZ`,
  },
  {
    what: 'consensus over a network',
    theirs:
      'SSV counts on 350 ms for a proposal; Charon asks for less than 1 s on average, and less than 100 ms in large clusters with less than 25 ms between operators',
    ours: (find) => {
      const { median } = find('wan', 'attestation, answer', { 'RTT ms': 50, 'loss %': 0 });
      return `${shown(median)} ms for an attestation with 50 ms between operators, from the request to the signature`;
    },
  },
  {
    what: 'memory of a node',
    theirs: 'SSV: 660 to 893 MB for up to some hundreds of validators; Charon: less than 1 GB',
    ours: (find) => {
      const memory = 'resident memory of a node';
      const thousand = find('burst', memory, { operators: 4, validators: 1000 });
      const many = find('start-up', `${memory}, when it is up`, { operators: 4, validators: 10_000 });
      return `${shown(thousand.p99)} MB with 1000 validators, ${shown(many.p99)} MB with 10,000`;
    },
  },
];

/** The cells of each row. Throws RangeError where a run lacks what a row needs. */
export const besideRows = ({ cases }: Results): readonly (readonly string[])[] => {
  const find: Find = (name, figure, parameters) => {
    const found = cases.find(
      (one) =>
        one.name === name &&
        one.figure === figure &&
        Object.entries(parameters).every(([key, value]) => one.parameters[key] === value),
    );
    if (found === undefined) throw new RangeError(`the run has no figure ${name}: ${figure}`);
    return found;
  };
  return besides.map(({ what, theirs, ours }) => [what, theirs, ours(find)]);
};
