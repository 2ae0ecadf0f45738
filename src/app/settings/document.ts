/**
 * Reading a YAML or JSON file of bounded size into plain values.
 *
 * 0x-hex stays text: YAML would read an unquoted 0x1234 as a number and lose the digits of a key. What the values mean is
 * left to the caller.
 */
import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';

export type Document =
  | { readonly type: 'ok'; readonly value: unknown }
  | { readonly type: 'problems'; readonly problems: readonly string[] };

/** The problem is one sentence that begins with the path. */
export const readDocument = (path: string, bytesMax: number): Document => {
  try {
    const { size } = statSync(path);
    if (size > bytesMax) return problem(path, `has ${size} bytes; at most ${bytesMax} are read`);
    const text = readFileSync(path, 'utf8');
    return { type: 'ok', value: path.endsWith('.json') ? JSON.parse(text) : parseYaml(text) };
  } catch (error) {
    return problem(path, `cannot be read: ${firstLine(error)}`);
  }
};

const problem = (path: string, sentence: string): Document => ({
  type: 'problems',
  problems: [`${path}: ${sentence}`],
});

const parseYaml = (text: string): unknown =>
  parse(text, {
    maxAliasCount: 100,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX'),
  });

/** A parser's first line says what and where; the lines after it quote the file, which may be long. */
const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 200) ?? '';
