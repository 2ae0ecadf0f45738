/**
 * Help text and the configuration table, both made from a schema.
 */
import type { TObject } from 'typebox';
import { notesOf, variableOf } from './option.ts';

interface Line {
  readonly name: string;
  readonly value: string;
  readonly description: string;
  readonly group: string;
  readonly note: string;
}

const linesOf = (schema: TObject): readonly Line[] => {
  const required: readonly string[] = schema.required ?? [];
  return Object.entries(schema.properties).map(([name, property]) => {
    const notes = notesOf(property);
    const { minimum, maximum } = property as { readonly minimum?: number; readonly maximum?: number };
    const range = minimum === undefined ? '' : `${minimum} to ${maximum}`;
    const fallback =
      notes.default === undefined
        ? required.includes(name)
          ? 'required'
          : ''
        : `default ${shownDefault(notes.default)}`;
    const note = [range, fallback].filter((part) => part !== '').join(', ');
    return { name, value: notes.value, description: notes.description, group: notes.group, note };
  });
};

const shownDefault = (value: unknown): string =>
  Array.isArray(value) ? (value.length === 0 ? 'none' : value.join(',')) : String(value);

/** The options of a schema by group, for `--help`. */
export const optionsHelp = (schema: TObject): string => {
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
export const optionsTable = (schema: TObject): string => {
  const rows = linesOf(schema).map(
    (line) =>
      `| \`${line.name}\` | \`${variableOf(line.name)}\` | ${cell(line.description)} | ${cell(line.note)} |`,
  );
  return ['| option | environment | what it is | range, default |', '|---|---|---|---|', ...rows].join('\n');
};

const cell = (text: string): string => text.replaceAll('|', '\\|');
