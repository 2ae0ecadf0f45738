/**
 * What a list of mutants says: which room it bends, and which checks must notice.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Mutant {
  /** From the project's root. */
  readonly file: string;
  /** Text that occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface MutantRoom {
  readonly name: string;
  /** Files and folders that the checks need, copied for each mutant. */
  readonly copies: readonly string[];
  /** Arguments of node; the mutant is killed by the first that fails. All must pass without it. */
  readonly commands: readonly (readonly string[])[];
  readonly mutants: readonly Mutant[];
}

/** The file with the mutant in it. Throws where the text is not there exactly once: the list must follow the source. */
export const mutated = (folder: string, { file, find, replace }: Mutant): string => {
  const text = readFileSync(join(folder, file), 'utf8');
  const count = text.split(find).length - 1;
  if (count !== 1) throw new Error(`${file}: expected once, found ${count} times: ${find.trim()}`);
  return text.replace(find, () => replace);
};
