/**
 * What a list of mutants says: which room it bends, and which checks must notice.
 */
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
