/**
 * Reading an untrusted value field by field, so that all its problems are found at once.
 *
 * A problem is a sentence that begins with the path of the field: `operators[2].id: ...`. Each reader notes what is wrong
 * and returns null; the caller goes on reading and gives up at the end. What a field means is left to the callers.
 */

/** More problems than this are counted, not told: a person fixes the first ones and looks again. */
const problemsTold = 50;

export interface Problems {
  note(path: string, sentence: string): void;
  readonly found: boolean;
  /** At most 51 sentences; the last one says how many more there are. */
  list(): readonly string[];
}

export const createProblems = (): Problems => {
  const told: string[] = [];
  let count = 0;
  return {
    note(path, sentence) {
      count++;
      if (told.length < problemsTold) told.push(path === '' ? sentence : `${path}: ${sentence}`);
    },
    get found() {
      return count > 0;
    },
    list: () => (count > told.length ? [...told, `... and ${count - told.length} more problems`] : [...told]),
  };
};

export const pathOf = (parent: string, key: string): string => (parent === '' ? key : `${parent}.${key}`);

/** Short, printable text of a value, for sentences about it. */
export const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** A mapping with no other keys than `allowed`. */
export const readMapping = (
  value: unknown,
  path: string,
  allowed: readonly string[],
  problems: Problems,
): Readonly<Record<string, unknown>> | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.note(path, `must be a mapping with ${allowed.join(', ')}, is ${shown(value)}`);
    return null;
  }
  for (const key of Object.keys(value)) {
    if (!allowed.includes(key)) {
      problems.note(pathOf(path, shortKey(key)), `is not known here; known are ${allowed.join(', ')}`);
    }
  }
  return value as Record<string, unknown>;
};

const shortKey = (key: string): string => (key.length > 60 ? `${key.slice(0, 57)}...` : key);

/** A list of `min` to `max` items. */
export const readList = (
  value: unknown,
  path: string,
  min: number,
  max: number,
  problems: Problems,
): readonly unknown[] | null => {
  if (!Array.isArray(value)) {
    problems.note(path, `must be a list, is ${shown(value)}`);
    return null;
  }
  if (value.length < min || value.length > max) {
    problems.note(path, `must have ${min} to ${max} items, has ${value.length}`);
    return null;
  }
  return value;
};

/** Whatever `parse` makes of the value; null is noted as "must be `what`". */
export const readParsed = <T>(
  value: unknown,
  path: string,
  what: string,
  parse: (value: unknown) => T | null,
  problems: Problems,
): T | null => {
  const parsed = parse(value);
  if (parsed === null) problems.note(path, `must be ${what}, is ${shown(value)}`);
  return parsed;
};
