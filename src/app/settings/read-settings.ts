/**
 * Settings of one command: flags over environment over file over defaults, checked against the command's schema.
 *
 * All problems are found at once. A problem names the option as it was written where it came from.
 */
import * as v from 'valibot';
import { camelOf, type Option, type Options, type Settings, variableOf } from './option.ts';
import { type Raw, readEnvironment, readFlags, readSettingsFile, type Source } from './sources.ts';

export interface Given {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** QUORATE_ variables that are other commands' business. */
  readonly elsewhere?: readonly string[];
}

export type Origin = 'flag' | 'environment' | 'file' | 'default';

export type Read<Schema extends Options> =
  | {
      readonly type: 'ok';
      readonly settings: Settings<Schema>;
      readonly rest: readonly string[];
      readonly origins: ReadonlyMap<string, Origin>;
    }
  | { readonly type: 'problems'; readonly problems: readonly string[] };

const none: Source = { values: {}, rest: [], problems: [] };

/** Reads the settings of `schema`; an option named config-file in it names the YAML file. Never throws on bad input. */
export const readSettings = <Schema extends Options>(schema: Schema, given: Given): Read<Schema> => {
  const flags = readFlags(schema, given.argv);
  const environment = readEnvironment(schema, given.environment, given.elsewhere ?? []);
  const path = flags.values['config-file'] ?? environment.values['config-file'];
  const file = typeof path === 'string' ? readSettingsFile(schema, path) : none;
  const problems = [...flags.problems, ...environment.problems, ...file.problems];
  const origins = new Map<string, Origin>();
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(schema)) {
    const found = firstOf(name, [
      ['flag', flags.values],
      ['environment', environment.values],
      ['file', file.values],
      ['default', { [name]: option.default }],
    ]);
    if (found === null) continue;
    origins.set(name, found.origin);
    values[name] = convert(option.kind, found.value);
  }
  problems.push(...judge(schema, values, origins));
  if (problems.length > 0) return { type: 'problems', problems };
  const settings = Object.fromEntries(Object.entries(values).map(([name, value]) => [camelOf(name), value]));
  return { type: 'ok', settings: settings as Settings<Schema>, rest: flags.rest, origins };
};

const firstOf = (
  name: string,
  places: readonly (readonly [Origin, Raw])[],
): { readonly origin: Origin; readonly value: unknown } | null => {
  for (const [origin, raw] of places) {
    if (raw[name] !== undefined && raw[name] !== null) return { origin, value: raw[name] };
  }
  return null;
};

/** Text from flags and environment in the type of the option; what does not convert is left for the schema to refuse. */
const convert = (kind: Option['kind'], value: unknown): unknown => {
  if (kind === 'list' && typeof value === 'string') return [value];
  if (typeof value !== 'string') return value;
  if (kind === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (kind === 'flag' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
};

const judge = (schema: Options, values: Raw, origins: ReadonlyMap<string, Origin>): readonly string[] =>
  Object.entries(schema).flatMap(([name, option]) => {
    if (!(name in values)) {
      return option.isRequired
        ? [
            `--${name} is missing: ${option.description} (or ${variableOf(name)}, or a key of the config file)`,
          ]
        : [];
    }
    if (v.is(option.schema, values[name])) return [];
    return [`${spelled(name, origins.get(name))}: must be ${expectation(option)}`];
  });

const spelled = (name: string, origin: Origin | undefined): string => {
  if (origin === 'environment') return variableOf(name);
  return origin === 'file' ? `${name} in the config file` : `--${name}`;
};

/** What an option takes, in words. The value itself is not repeated: someone may have put a secret where a path belongs. */
const expectation = (option: Option): string => {
  switch (option.kind) {
    case 'text':
      return 'text that is not empty';
    case 'integer':
      return `a whole number from ${option.minimum} to ${option.maximum}`;
    case 'flag':
      return 'true or false';
    case 'choice':
      return `one of ${option.choices.join(', ')}`;
    case 'list':
      return `a list of at most ${option.maxItems} texts`;
  }
};
