/**
 * Finds the SSV spec's JSON vectors: SSV_SPEC_VECTORS, or ../shared/vectors/ssv-spec beside the project.
 *
 * They are GPL data made by others; they are read in place and never copied into this project.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const absent =
  'conformance was NOT run: no vectors at ../shared/vectors/ssv-spec; SSV_SPEC_VECTORS may name a folder with qbft/tests';

/** The folder with qbft/, types/ and ssv/; null where there is none. */
export const vectorsFolder = (): string | null => {
  const named = process.env.SSV_SPEC_VECTORS;
  const folder = named ?? resolve(import.meta.dirname, '../../../shared/vectors/ssv-spec');
  return existsSync(join(folder, 'qbft/tests')) ? folder : null;
};

// Vectors are parsed JSON of many shapes; each class's runner names the fields that it reads.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Json = any;

export interface Vector {
  readonly file: string;
  readonly json: Json;
}

const read = (file: string): Json => JSON.parse(readFileSync(file, 'utf8'));

/** The vectors of one Go type: files whose names begin with it. */
export const vectorsOf = (folder: string, module: string, type: string): readonly Vector[] =>
  readdirSync(join(folder, module, 'tests'))
    .filter((file) => file.startsWith(`${type}_`) && file.endsWith('.json'))
    .sort()
    .map((file) => ({ file, json: read(join(folder, module, 'tests', file)) }));

/** The state that the spec's own run ended in. */
export const stateOf = (folder: string, type: string, testName: string): Json =>
  read(join(folder, 'qbft/state_comparison', type.replaceAll('.', '_'), `${testName}.json`));
