/**
 * Settings of one command: flags over environment over file over defaults, checked against the command's schema.
 *
 * All problems are found at once. A problem names the option as it was written where it came from.
 */
import type { TObject } from 'typebox';
import { Value } from 'typebox/value';
import { camelOf, notesOf, type Settings, variableOf } from './option.ts';
import { type Raw, readEnvironment, readFlags, readSettingsFile, type Source } from './sources.ts';

export interface Given {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** QUORATE_ variables that are other commands' business. */
  readonly elsewhere?: readonly string[];
}

export type Origin = 'flag' | 'environment' | 'file' | 'default';

export type Read<Schema extends TObject> =
  | {
      readonly type: 'ok';
      readonly settings: Settings<Schema>;
      readonly rest: readonly string[];
      readonly origins: ReadonlyMap<string, Origin>;
    }
  | { readonly type: 'problems'; readonly problems: readonly string[] };

const none: Source = { values: {}, rest: [], problems: [] };

/** Reads the settings of `schema`; an option named config-file in it names the YAML file. Never throws on bad input. */
export const readSettings = <Schema extends TObject>(schema: Schema, given: Given): Read<Schema> => {
  const flags = readFlags(schema, given.argv);
  const environment = readEnvironment(schema, given.environment, given.elsewhere ?? []);
  const path = flags.values['config-file'] ?? environment.values['config-file'];
  const file = typeof path === 'string' ? readSettingsFile(schema, path) : none;
  const problems = [...flags.problems, ...environment.problems, ...file.problems];
  const origins = new Map<string, Origin>();
  const values: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const found = firstOf(name, [
      ['flag', flags.values],
      ['environment', environment.values],
      ['file', file.values],
      ['default', { [name]: notesOf(property).default }],
    ]);
    if (found === null) continue;
    origins.set(name, found.origin);
    values[name] = convert((property as { readonly type?: string }).type, found.value);
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
const convert = (type: string | undefined, value: unknown): unknown => {
  if (type === 'array' && typeof value === 'string') return [value];
  if (typeof value !== 'string') return value;
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
};

const judge = (schema: TObject, values: Raw, origins: ReadonlyMap<string, Origin>): readonly string[] => {
  const required: readonly string[] = schema.required ?? [];
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    if (!(name in values)) {
      return required.includes(name)
        ? [
            `--${name} is missing: ${notesOf(property).description} (or ${variableOf(name)}, or a key of the config file)`,
          ]
        : [];
    }
    if (Value.Check(property, values[name])) return [];
    return [`${spelled(name, origins.get(name))}: must be ${expectation(property)}`];
  });
};

const spelled = (name: string, origin: Origin | undefined): string => {
  if (origin === 'environment') return variableOf(name);
  return origin === 'file' ? `${name} in the config file` : `--${name}`;
};

/** What an option takes, in words. The value itself is not repeated: someone may have put a secret where a path belongs. */
const expectation = (property: unknown): string => {
  const {
    type,
    minimum,
    maximum,
    maxItems,
    enum: choices,
  } = property as {
    readonly type?: string;
    readonly minimum?: number;
    readonly maximum?: number;
    readonly maxItems?: number;
    readonly enum?: readonly string[];
  };
  if (choices !== undefined) return `one of ${choices.join(', ')}`;
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}`;
  if (type === 'boolean') return 'true or false';
  if (type === 'array') return `a list of at most ${maxItems} texts`;
  return 'text that is not empty';
};
