/**
 * Help text and the configuration table, both made from a schema.
 */
import { type Option, type Options, variableOf } from './option.ts';

interface Line {
  readonly name: string;
  readonly value: string;
  readonly description: string;
  readonly group: string;
  readonly note: string;
}

const linesOf = (schema: Options): readonly Line[] =>
  Object.entries(schema).map(([name, option]) => {
    const { value, description, group } = option;
    const range = option.kind === 'integer' ? `${option.minimum} to ${option.maximum}` : '';
    const note = [range, fallbackOf(option)].filter((part) => part !== '').join(', ');
    return { name, value, description, group, note };
  });

const fallbackOf = (option: Option): string => {
  if (option.default !== undefined) return `default ${shownDefault(option.default)}`;
  return option.isRequired ? 'required' : '';
};

const shownDefault = (value: unknown): string =>
  Array.isArray(value) ? (value.length === 0 ? 'none' : value.join(',')) : String(value);

/** The options of a schema by group, for `--help`. */
export const optionsHelp = (schema: Options): string => {
  const lines = linesOf(schema);
  const groups = [...new Set(lines.map((line) => line.group))];
  return groups
    .map((group) => {
      const rows = lines
        .filter((line) => line.group === group)
        .map((line) => {
          const flag = `--${line.name}${line.value === '' ? '' : ` ${line.value}`}`;
          const note = line.note === '' ? '' : ` [${line.note}]`;
          return `  ${flag}\n      ${line.description}${note}`;
        });
      return `${group}\n${rows.join('\n')}`;
    })
    .join('\n\n');
};

/** The same as a Markdown table; deploy/README.md holds it and a test compares. */
export const optionsTable = (schema: Options): string => {
  const rows = linesOf(schema).map(
    (line) =>
      `| \`${line.name}\` | \`${variableOf(line.name)}\` | ${cell(line.description)} | ${cell(line.note)} |`,
  );
  return ['| option | environment | what it is | range, default |', '|---|---|---|---|', ...rows].join('\n');
};

const cell = (text: string): string => text.replaceAll('|', '\\|');
