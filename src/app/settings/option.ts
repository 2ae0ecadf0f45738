/**
 * What an option is: one entry of a TypeBox object schema, from which flags, environment variables, file keys, defaults,
 * validation and help all follow.
 *
 * Names are kebab-case: `--http-port`, QUORATE_HTTP_PORT, `http-port:` in a file, config.httpPort in code. No option ever
 * holds a secret: secrets come from files, whose paths are options.
 */
import { type Static, type TObject, type TSchema, Type } from 'typebox';

export interface OptionNotes {
  /** Heading under which help lists it. */
  readonly group: string;
  /** What stands for the value in help, such as FILE. */
  readonly value: string;
}

/** The notes of an option, as the builders below stored them in its schema. */
export const notesOf = (
  schema: TSchema,
): OptionNotes & { readonly description: string; readonly default?: unknown } =>
  schema as unknown as OptionNotes & { readonly description: string };

/** TypeBox wants a mutable default. */
const listNotes = ({
  default: fallback,
  ...notes
}: OptionNotes & {
  readonly maxItems: number;
  readonly description: string;
  readonly default?: readonly string[];
}) => ({
  ...notes,
  ...(fallback === undefined ? {} : { default: [...fallback] }),
});

/** Builders for the options of one group; what has no default is required unless wrapped in `optional`. */
export const optionsOf = (group: string) => ({
  text: (
    value: string,
    description: string,
    more: { readonly default?: string; readonly pattern?: string } = {},
  ) => Type.String({ group, value, description, minLength: 1, maxLength: 4096, ...more }),
  integer: (
    value: string,
    description: string,
    more: { readonly default?: number; readonly minimum: number; readonly maximum: number },
  ) => Type.Integer({ group, value, description, ...more }),
  flag: (description: string, more: { readonly default: boolean }) =>
    Type.Boolean({ group, value: '', description, ...more }),
  choice: <const Choice extends string>(
    choices: readonly Choice[],
    description: string,
    more: { readonly default?: NoInfer<Choice> } = {},
  ) => Type.Enum<Choice[]>([...choices], { group, value: choices.join('|'), description, ...more }),
  list: (
    value: string,
    description: string,
    more: { readonly default?: readonly string[]; readonly maxItems?: number } = {},
  ) =>
    Type.Array(
      Type.String({ minLength: 1, maxLength: 4096 }),
      listNotes({ group, value, description, maxItems: 64, ...more }),
    ),
});

export const optional = Type.Optional;

type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

/** The values of a schema under camelCase names. */
export type Settings<Schema extends TObject> = {
  readonly [Name in keyof Static<Schema> as Name extends string ? Camel<Name> : never]: Static<Schema>[Name];
};

export const camelOf = (name: string): string =>
  name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
export const variableOf = (name: string): string => `QUORATE_${name.replaceAll('-', '_').toUpperCase()}`;
