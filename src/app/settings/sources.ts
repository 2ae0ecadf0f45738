/**
 * The places options come from, each turned into raw values by option name: flags, environment, a YAML or JSON file.
 *
 * What a value must look like is left to read-settings.ts.
 */
import { parseArgs } from 'node:util';
import { readDocument } from './document.ts';
import { didYouMean } from './nearest.ts';
import { type Options, variableOf } from './option.ts';

export type Raw = Readonly<Record<string, unknown>>;

/** Raw values, and what is wrong with them as sentences. `rest` holds arguments that are no flags. */
export interface Source {
  readonly values: Raw;
  readonly rest: readonly string[];
  readonly problems: readonly string[];
}

const fileBytesMax = 1 << 20;
/** Of the tests: where their vectors are, how often they run. A node that a test starts inherits them. */
const isOfTests = (variable: string): boolean =>
  variable === 'QUORATE_VECTORS' || variable.startsWith('QUORATE_TEST_');
const isFlag = (schema: Options, name: string): boolean => schema[name]?.kind === 'flag';
const isList = (schema: Options, name: string): boolean => schema[name]?.kind === 'list';

/** `--name value`, `--name=value`, `--flag`, `--no-flag`; a list may be repeated or written with commas. */
export const readFlags = (schema: Options, argv: readonly string[]): Source => {
  const names = Object.keys(schema);
  const options = Object.fromEntries(
    names.map((name) => [name, { type: isFlag(schema, name) ? ('boolean' as const) : ('string' as const) }]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const values: Record<string, unknown> = {};
  const rest: string[] = [];
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') rest.push(token.value);
    if (token.kind !== 'option') continue;
    const negated = token.name.startsWith('no-') && isFlag(schema, token.name.slice(3));
    const name = negated ? token.name.slice(3) : token.name;
    if (!names.includes(name)) {
      problems.push(`${token.rawName}: no such flag${didYouMean(token.name, names)}; --help lists all`);
    } else if (isFlag(schema, name)) {
      values[name] = token.value ?? !negated;
    } else if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))) {
      problems.push(`--${name}: needs a value`);
    } else if (isList(schema, name)) {
      values[name] = [...((values[name] as string[] | undefined) ?? []), ...splitList(token.value)];
    } else if (name in values) {
      problems.push(`--${name}: given twice`);
    } else {
      values[name] = token.value;
    }
  }
  return { values, rest, problems };
};

/** QUORATE_NAME for each option. Variables of `elsewhere` belong to other commands; any other QUORATE_ name is an error. */
export const readEnvironment = (
  schema: Options,
  environment: Readonly<Record<string, string | undefined>>,
  elsewhere: readonly string[],
): Source => {
  const names = new Map(Object.keys(schema).map((name) => [variableOf(name), name]));
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    // An empty variable is how compose files say "unset".
    if (!variable.startsWith('QUORATE_') || text === undefined || text === '') continue;
    const name = names.get(variable);
    if (name !== undefined) values[name] = isList(schema, name) ? splitList(text) : text;
    else if (!elsewhere.includes(variable) && !isOfTests(variable)) {
      problems.push(`${variable}: no such variable${didYouMean(variable, [...names.keys()])}`);
    }
  }
  return { values, rest: [], problems };
};

/** A mapping from option names to values. */
export const readSettingsFile = (schema: Options, path: string): Source => {
  const nothing = (problem: string): Source => ({ values: {}, rest: [], problems: [problem] });
  const document = readDocument(path, fileBytesMax);
  if (document.type === 'problems') return { ...nothing(''), problems: document.problems };
  const value = document.value ?? {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return nothing(`${path}: must be a mapping from option names to values`);
  }
  const names = Object.keys(schema);
  const problems = Object.keys(value)
    .filter((name) => !names.includes(name))
    .map((name) => `${path}: ${name.slice(0, 60)}: no such option${didYouMean(name, names)}`);
  const known = Object.entries(value).filter(([name]) => names.includes(name));
  return { values: Object.fromEntries(known), rest: [], problems };
};

const splitList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
