/**
 * The lists of mutants follow the source: a long run that somebody starts before a release must not end at its first line.
 */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { type Mutant, mutated } from './room.ts';
import { rooms } from './rooms.ts';

const root = resolve(import.meta.dirname, '../..');

const problemOf = (mutant: Mutant): string | null => {
  try {
    return mutated(root, mutant) === mutated(root, { ...mutant, replace: mutant.find })
      ? `${mutant.file}: nothing is changed: ${mutant.find}`
      : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

for (const { name, mutants } of rooms) {
  test(`${name}: each mutant's text is in its file exactly once, and changes it`, () => {
    assert.ok(mutants.length > 0);
    assert.deepEqual(
      mutants.map(problemOf).filter((problem) => problem !== null),
      [],
    );
  });
}
