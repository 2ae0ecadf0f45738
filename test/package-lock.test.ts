/**
 * The lock has every package that some platform needs. `npm install` leaves out what a registry does not serve for other
 * platforms, and then `npm ci` refuses the lock as out of step with package.json.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Locked {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

/** Where a dependency of the package at `path` is found: beside it, or further up. */
const isLocked = (path: string, name: string): boolean => {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in packages) return true;
    if (at === '') return false;
    if (!at.includes('/node_modules/')) return `node_modules/${name}` in packages;
  }
};

test('every optional dependency of every package is in the lock', () => {
  const named = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({ path, name })),
  );
  assert.ok(named.length > 20, 'the lock was read');
  assert.deepEqual(
    named.filter(({ path, name }) => !isLocked(path, name)).map(({ path, name }) => `${path}: ${name}`),
    [],
  );
});
