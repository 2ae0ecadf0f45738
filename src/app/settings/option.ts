/**
 * What an option is: one entry of a command's schema, from which flags, environment variables, file keys, defaults,
 * validation and help all follow.
 *
 * Names are kebab-case: `--http-port`, QUORATE_HTTP_PORT, `http-port:` in a file, config.httpPort in code. No option ever
 * holds a secret: secrets come from files, whose paths are options.
 */
import * as v from 'valibot';

interface Notes {
  /** Heading under which help lists it. */
  readonly group: string;
  /** What stands for the value in help, such as FILE; nothing for a flag. */
  readonly value: string;
  readonly description: string;
}

type Kind =
  | { readonly kind: 'text' }
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'flag' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'list'; readonly maxItems: number };

export type Option<Value = unknown, IsRequired extends boolean = boolean> = Notes &
  Kind & {
    readonly default?: Value;
    /** Whether there must be a value; a default is one. */
    readonly isRequired: IsRequired;
    /** Judges a value, wherever it came from. */
    readonly schema: v.GenericSchema<Value>;
  };

/** The options of a command by name, in the order of help. */
export type Options = Readonly<Record<string, Option>>;

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));

/** Builders for the options of one group; what has no default is required unless wrapped in `optional`. */
export const optionsOf = (group: string) => ({
  text: (
    value: string,
    description: string,
    more: { readonly default?: string } = {},
  ): Option<string, true> => ({
    kind: 'text',
    group,
    value,
    description,
    ...more,
    isRequired: true,
    schema: text,
  }),
  integer: (
    value: string,
    description: string,
    more: { readonly default?: number; readonly minimum: number; readonly maximum: number },
  ): Option<number, true> => ({
    kind: 'integer',
    group,
    value,
    description,
    ...more,
    isRequired: true,
    schema: v.pipe(v.number(), v.integer(), v.minValue(more.minimum), v.maxValue(more.maximum)),
  }),
  flag: (description: string, more: { readonly default: boolean }): Option<boolean, true> => ({
    kind: 'flag',
    group,
    value: '',
    description,
    ...more,
    isRequired: true,
    schema: v.boolean(),
  }),
  choice: <const Choice extends string>(
    choices: readonly Choice[],
    description: string,
    more: { readonly default?: NoInfer<Choice> } = {},
  ): Option<Choice, true> => ({
    kind: 'choice',
    group,
    value: choices.join('|'),
    description,
    choices,
    ...more,
    isRequired: true,
    schema: v.picklist(choices),
  }),
  list: (
    value: string,
    description: string,
    { maxItems = 64, ...more }: { readonly default?: readonly string[]; readonly maxItems?: number } = {},
  ): Option<readonly string[], true> => ({
    kind: 'list',
    group,
    value,
    description,
    maxItems,
    ...more,
    isRequired: true,
    schema: v.pipe(v.array(text), v.maxLength(maxItems)),
  }),
});

export const optional = <Value>(option: Option<Value, true>): Option<Value, false> => ({
  ...option,
  isRequired: false,
});

type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

type ValueOf<One extends Option> = v.InferOutput<One['schema']>;

/** The values of options under camelCase names; those of optional ones may be absent, not undefined. */
export type Settings<All extends Options> = {
  readonly [Name in keyof All as All[Name]['isRequired'] extends true
    ? Camel<Name & string>
    : never]: ValueOf<All[Name]>;
} & {
  readonly [Name in keyof All as All[Name]['isRequired'] extends true
    ? never
    : Camel<Name & string>]?: ValueOf<All[Name]>;
};

export const camelOf = (name: string): string =>
  name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
export const variableOf = (name: string): string => `QUORATE_${name.replaceAll('-', '_').toUpperCase()}`;
