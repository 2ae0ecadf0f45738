/**
 * Installs Lodestar 1.5.1 with the Node 20 that it needs into test/e2e/lodestar, once; later calls find it done.
 *
 * Native modules must be built by and for the Node that loads them. So the packages are unpacked without their install
 * scripts, then Node 20 is fetched, then that Node runs npm to build the rest, against the headers that came with it.
 * Runs on its own too: `node test/e2e/install-lodestar.ts`.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { lodestarFolder, lodestarNode } from './world/lodestar.ts';

type Say = (line: string) => void;

const lockFile = join(lodestarFolder, 'package-lock.json');
/** Holds the hash of the lock file that was installed. */
const stampFile = join(lodestarFolder, 'node_modules/.quorate-installed');

const lockHash = (): string => createHash('sha256').update(readFileSync(lockFile)).digest('hex');

const assertBuildTools = (): void => {
  const missing = ['gcc', 'g++', 'make', 'python3'].filter(
    (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status !== 0,
  );
  if (missing.length === 0) return;
  throw new Error(
    `Lodestar's native modules are built from source, and this machine lacks: ${missing.join(', ')}. ` +
      'Install them (on Debian: apt-get install build-essential python3) and run this again.',
  );
};

const assertDone = (step: string, result: SpawnSyncReturns<string>): void => {
  if (result.error !== undefined) throw new Error(`could not ${step}`, { cause: result.error });
  if (result.status === 0) return;
  const output = `${result.stdout}${result.stderr}`.trimEnd().split('\n').slice(-40).join('\n');
  throw new Error(`could not ${step}; npm said:\n${output}`);
};

/** Runs the npm that runs us, or the one on the PATH, under the given Node: npm builds native modules for the Node under it. */
const runNpm = (
  node: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): SpawnSyncReturns<string> => {
  const script = process.env.npm_execpath ?? '';
  const [command, before] = script.endsWith('.js') ? [node, [script]] : ['npm', []];
  const path = [dirname(node), process.env.PATH ?? ''].join(delimiter);
  return spawnSync(command, [...before, ...args], {
    cwd: lodestarFolder,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    env: { ...process.env, PATH: path, ...environment },
  });
};

const nativePackages = (): string[] => {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  const names = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  return [...new Set(names)].filter((name) => name !== 'node');
};

/** The folder of Node 20's platform package, which holds include/. */
const headersFolder = (): string => {
  const { arch, platform } = process;
  const name = `node${platform === 'darwin' && arch === 'arm64' ? '-bin' : ''}-${platform}-${arch}`;
  const places = ['node_modules/node/node_modules', 'node_modules'].map((place) =>
    join(lodestarFolder, place, name),
  );
  const found = places.find((place) => existsSync(join(place, 'include/node/node.h')));
  if (found === undefined) throw new Error(`Node 20's headers are in none of ${places.join(', ')}`);
  return found;
};

/** Throws an error that says what is missing or what npm said. */
export const installLodestar = (say: Say): void => {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash()) return;
  assertBuildTools();
  say('installing Lodestar 1.5.1 (once; about 300 MB and one to three minutes)');
  assertDone('unpack Lodestar', runNpm(process.execPath, ['ci', '--ignore-scripts']));
  say('fetching Node 20 for it');
  assertDone('install Node 20', runNpm(process.execPath, ['rebuild', 'node']));
  say('building native modules');
  const headers = { npm_config_nodedir: headersFolder() };
  assertDone('build native modules', runNpm(lodestarNode, ['rebuild', ...nativePackages()], headers));
  const version = spawnSync(lodestarNode, [join(lodestarFolder, 'node_modules/.bin/lodestar'), '--version'], {
    encoding: 'utf8',
  });
  assertDone('start Lodestar', version);
  writeFileSync(stampFile, lockHash());
  say('Lodestar is installed');
};

if (import.meta.main) installLodestar((line) => process.stdout.write(`${line}\n`));
