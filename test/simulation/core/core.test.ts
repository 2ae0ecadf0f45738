/**
 * A short run of the core's simulation with every test run; `npm run sim` plays many more.
 */
import { deepEqual, equal, notDeepEqual } from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { runMany } from './many.ts';
import { runSchedule } from './world.ts';

const traceOf = (seed: number, nodes: number): readonly string[] => {
  const lines: string[] = [];
  runSchedule(seed, nodes, (line) => lines.push(line));
  return lines;
};

for (const [nodes, schedules] of [
  [4, 3000],
  [7, 500],
  [10, 200],
  [13, 100],
] as const) {
  const seed = randomInt(2 ** 47);
  test(`${schedules} schedules of ${nodes} operators from seed ${seed} break nothing`, () => {
    const { failures, schedules: played } = runMany(seed, schedules, nodes);
    deepEqual(failures, []);
    equal(played, schedules);
  });
}

test('a seed plays the same schedule every time, event by event', () => {
  for (const seed of [1, 2, 3, 40, 500, 6000, 2 ** 46 + 1]) {
    const first = traceOf(seed, 7);
    deepEqual(traceOf(seed, 7), first);
    notDeepEqual(first, []);
  }
});

test('a schedule is the same with and without being traced', () => {
  const lines: string[] = [];
  const traced = runSchedule(77, 4, (line) => lines.push(line));
  deepEqual(runSchedule(77, 4), traced);
});

test('neighbouring seeds play different schedules', () => {
  notDeepEqual(traceOf(10, 4), traceOf(11, 4));
  notDeepEqual(traceOf(10, 4), traceOf(10 + 2 ** 32, 4));
});

test('the storm is no still water: decisions fall in many rounds, and not always', () => {
  const { rounds } = runMany(1, 2000, 4);
  const late = rounds.slice(4).reduce((sum, count) => sum + count, 0);
  equal(late > 100, true);
  equal((rounds[1] ?? 0) > 300, true);
  equal((rounds[0] ?? 0) > 0, true);
});
