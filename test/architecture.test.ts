/**
 * The rule of src/README.md, enforced: main -> cli -> app -> middle rooms -> workflow -> core, and what a file may look like.
 *
 * A checker that saw nothing must fail, so it also asserts that it saw the tree, and that it finds planted offences.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const middle = ['http', 'p2p', 'signer', 'crypto', 'storage'] as const;
const depth: Readonly<Record<string, number>> = {
  'main.ts': 5,
  cli: 4,
  app: 3,
  ...Object.fromEntries(middle.map((room) => [room, 2])),
  workflow: 1,
  core: 0,
};
const linesMax = 300;
const filesMax = 11;

interface Source {
  /** Path from the root, with /. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly from: string;
  /** A path for a relative import, else the module's name. */
  readonly to: string;
  readonly relative: boolean;
}

const sourcesUnder = (folder: string): Source[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    // The end-to-end test has packages of its own.
    .filter((path) => !path.includes(`${sep}node_modules${sep}`, root.length))
    .map((path) => ({
      path: path
        .slice(root.length + 1)
        .split(sep)
        .join('/'),
      text: readFileSync(path, 'utf8'),
    }));

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
const importShape =
  /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|new URL\(\s*['"](\.[^'"]+\.ts)['"]/g;

/** A worker's file counts as an import. src/main.ts does not: what the demonstration starts is a program. */
const importsOf = ({ path, text }: Source): Import[] =>
  [...withoutComments(text).matchAll(importShape)]
    .map((match) => {
      const name = match[1] ?? match[2] ?? match[3] ?? match[4] ?? '';
      const relative = name.startsWith('.');
      return {
        from: path,
        to: relative
          ? normalize(join(dirname(path), name))
              .split(sep)
              .join('/')
          : name,
        relative,
      };
    })
    .filter(({ to }) => to !== 'src/main.ts');

const roomOf = (path: string): string => path.split('/')[1] ?? '';

/** What is wrong with one import of src, as a sentence; null where it is allowed. */
const judge = ({ from, to, relative }: Import): string | null => {
  const room = roomOf(from);
  if (!relative) {
    const builtin = to.startsWith('node:') || builtinModules.includes(to.split('/')[0] ?? '');
    return room === 'core' && builtin ? `${from} imports ${to}: core is values in, values out` : null;
  }
  if (!to.endsWith('.ts') && !to.endsWith('.json')) return `${from} imports ${to} without its ending`;
  if (to === 'package.json') return null;
  if (!to.startsWith('src/')) return `${from} imports ${to} outside src`;
  const target = roomOf(to);
  if (room === target) return null;
  const [own, other] = [depth[room], depth[target]];
  if (own === undefined || other === undefined)
    return `${from} imports ${to}: a room that the rule does not know`;
  if (own === other) return `${from} imports ${to}: middle rooms never import one another`;
  return own < other ? `${from} imports ${to}: imports point inward only` : null;
};

/** One cycle of the graph as a chain of paths; null where there is none. */
const cycleIn = (imports: readonly Import[]): string | null => {
  const graph = new Map<string, string[]>();
  for (const { from, to, relative } of imports)
    if (relative) graph.set(from, [...(graph.get(from) ?? []), to]);
  const finished = new Set<string>();
  const walk = (path: string, trail: readonly string[]): string | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' -> ');
    if (finished.has(path)) return null;
    for (const next of graph.get(path) ?? []) {
      const cycle = walk(next, [...trail, path]);
      if (cycle !== null) return cycle;
    }
    finished.add(path);
    return null;
  };
  for (const path of graph.keys()) {
    const cycle = walk(path, []);
    if (cycle !== null) return cycle;
  }
  return null;
};

const tooLong = ({ path, text }: Source): string[] => {
  const lines = text.split('\n').length - 1;
  return lines > linesMax ? [`${path} has ${lines} lines, more than ${linesMax}`] : [];
};

/** What a single file may not hold. */
const offencesIn = (source: Source): string[] => {
  const { path, text } = source;
  const code = withoutComments(text);
  const offences = tooLong(source);
  if (/^export default\b/m.test(code)) offences.push(`${path} has a default export`);
  if (/^export (\*|\{[^}]*\}) from /m.test(code)) offences.push(`${path} passes on exports of another file`);
  if (!/^(#!.*\n)?\/\*\*/.test(text)) offences.push(`${path} does not open with a docstring`);
  if (roomOf(path) === 'core') offences.push(...coreOffencesIn(path, code));
  return offences;
};

const coreOffencesIn = (path: string, code: string): string[] =>
  [
    [/\basync\b|\bawait\b|\bPromise\b/, 'is asynchronous'],
    [/\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bsetTimeout\b|\bsetInterval\b/, 'reads a clock'],
    [/\bMath\.random\b|\bgetRandomValues\b|\brandomBytes\b/, 'uses chance'],
    [/\bconsole\.|\bprocess\./, 'talks to the world'],
  ].flatMap(([shape, what]) => ((shape as RegExp).test(code) ? [`${path} ${what}`] : []));

const crowdedFolders = (paths: readonly string[], allowed: Readonly<Record<string, number>>): string[] => {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts]
    .filter(([folder, count]) => count > (allowed[folder] ?? filesMax))
    .map(([folder, count]) => `${folder} has ${count} files, more than ${allowed[folder] ?? filesMax}`);
};

/** Folders that src/README.md justifies: `<!-- files: src/workflow 18 -->`. */
const justified = (): Readonly<Record<string, number>> => {
  const readme = readFileSync(join(root, 'src/README.md'), 'utf8');
  return Object.fromEntries(
    [...readme.matchAll(/<!-- files: (\S+) (\d+) -->/g)].map(([, folder, count]) => [folder, Number(count)]),
  );
};

const sources = sourcesUnder('src');
const imports = sources.flatMap(importsOf);

test('the tree was seen: every room, more than 60 files, more than 150 imports', () => {
  assert.ok(sources.length > 60, `${sources.length} files`);
  assert.ok(imports.length > 150, `${imports.length} imports`);
  const rooms = new Set(sources.map(({ path }) => roomOf(path)));
  assert.deepEqual([...rooms].sort(), Object.keys(depth).sort());
});

test('imports point inward, middle rooms never import one another, core imports nothing of Node', () => {
  assert.deepEqual(
    imports.map(judge).filter((offence) => offence !== null),
    [],
  );
});

test('every relative import names a file that exists', () => {
  const paths = new Set([...sources.map(({ path }) => path), 'package.json']);
  const missing = imports.filter(({ to, relative }) => relative && !paths.has(to));
  assert.deepEqual(
    missing.map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
});

test('there is no cycle of imports', () => {
  assert.equal(cycleIn(imports), null);
});

test('files are short, open with a docstring, have no default export and pass nothing on; core is pure', () => {
  assert.deepEqual(sources.flatMap(offencesIn), []);
});

test('files of tests are short, too', () => {
  const tests = sourcesUnder('test');
  assert.ok(tests.length > 200, `${tests.length} files`);
  assert.deepEqual(tests.flatMap(tooLong), []);
});

test('no folder is crowded, unless src/README.md says why', () => {
  assert.deepEqual(
    crowdedFolders(
      sources.map(({ path }) => path),
      justified(),
    ),
    [],
  );
});

test('the checker finds what is planted', () => {
  const plant = (path: string, text: string): Source => ({ path, text });
  const found = (path: string, text: string): (string | null)[] => importsOf(plant(path, text)).map(judge);
  assert.match(found('src/core/a.ts', "import { x } from 'node:fs';")[0] ?? '', /values in/);
  assert.match(found('src/core/a.ts', "import fs from 'fs';")[0] ?? '', /values in/);
  assert.match(
    found('src/core/a.ts', "import type {\n  X,\n} from '../workflow/b.ts';")[0] ?? '',
    /inward only/,
  );
  assert.match(
    found('src/http/a.ts', "import { x } from '../p2p/b.ts';")[0] ?? '',
    /never import one another/,
  );
  assert.match(
    found('src/http/a.ts', "const x = await import('../storage/b.ts');")[0] ?? '',
    /never import one another/,
  );
  assert.match(found('src/http/a.ts', "import { x } from '../../test/b.ts';")[0] ?? '', /outside src/);
  assert.equal(found('src/http/a.ts', "import { x } from '../core/b.ts';")[0], null);
  assert.deepEqual(found('src/core/a.ts', "// import { x } from 'node:fs';"), []);
  const circle = [
    plant('src/core/a.ts', "import { b } from './b.ts';"),
    plant('src/core/b.ts', "import { a } from './a.ts';"),
  ];
  assert.equal(cycleIn(circle.flatMap(importsOf)), 'src/core/a.ts -> src/core/b.ts -> src/core/a.ts');
  assert.equal(
    offencesIn(plant('src/core/a.ts', 'export default async () => Date.now() + Math.random();')).length,
    5,
  );
  assert.equal(
    offencesIn(plant('src/http/a.ts', `/** x */\nexport { a } from './b.ts';${'\n'.repeat(301)}`)).length,
    2,
  );
  assert.equal(
    crowdedFolders(
      Array.from({ length: 12 }, (_, at) => `src/core/${at}.ts`),
      {},
    ).length,
    1,
  );
});
