/**
 * Where the vectors of others are: the folder in QUORATE_VECTORS, or ../shared/vectors beside the project.
 *
 * A run without them says so: each test that needs them is skipped with `absent` as its reason.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder =
  process.env.QUORATE_VECTORS ?? fileURLToPath(new URL('../../../../shared/vectors/', import.meta.url));

/** The parsed file, or null where the vectors are absent. */
export const readVectors = (path: string): unknown => {
  const file = `${folder}/${path}`;
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
};

export const absent = `vectors are absent: no such file below ${folder}; set QUORATE_VECTORS`;
