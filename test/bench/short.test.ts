/**
 * A short run of the benchmark: that it works, and that what it measures is right. Never how long anything took.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Results } from './results.ts';

const main = join(import.meta.dirname, 'main.ts');
const bench = (...argv: readonly string[]) =>
  promisify(execFile)(process.execPath, [main, ...argv], {
    maxBuffer: 16 << 20,
    // A run that hangs is broken; a slow machine takes a minute or two.
    timeout: 600_000,
  });

test('a short run has figures that are numbers, and every signature it asked for', async () => {
  const cases = ['recovery', 'operator-key', 'qbft', 'requests', 'duty', 'burst'];
  const { stdout } = await bench('--short', '--cases', cases.join(), '--json', '-');
  const results = JSON.parse(stdout) as Results;
  assert.equal(results.version, 1);
  assert.equal(results.short, true);
  assert.equal(results.floors.length, 4);
  assert.deepEqual([...new Set(results.cases.map(({ name }) => name))], cases);
  for (const figure of [...results.floors, ...results.cases]) {
    const what = `${figure.name}, ${figure.figure}`;
    assert.ok(figure.runs > 0, `${what} has samples`);
    assert.ok(Number.isFinite(figure.median) && Number.isFinite(figure.p99), `${what} is a number`);
    assert.ok(figure.ratio === null || Number.isFinite(figure.ratio), `the ratio of ${what} is a number`);
    assert.equal(figure.met === null, figure.target === null, `${what} says whether it meets its target`);
  }
  assert.deepEqual(results.broken, []);
  assert.equal(results.answers.length, 2);
  for (const { name, asked, answered, verified, firstProblem } of results.answers) {
    assert.equal(answered, asked, `${name}: ${firstProblem}`);
    assert.ok(verified > 0, `${name}: signatures were verified`);
  }
});

test('an unknown case is an error that says where the names are', async () => {
  await assert.rejects(bench('--cases', 'nothing'), /no case nothing; see --list/);
});

test('--list names every case', async () => {
  const { stdout } = await bench('--list');
  for (const name of ['recovery', 'burst', 'wan', 'hour']) assert.match(stdout, new RegExp(`^${name} `, 'm'));
});
