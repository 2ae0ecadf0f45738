/**
 * Bounds on what a bad leader costs, in virtual time: these do not depend on the machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { committeeSizes, measure, type Trouble } from './latency.ts';

/** Added to a healthy leader's time. ms */
const bounds: readonly [Exclude<Trouble, 'healthy'>, number][] = [
  ['leader killed', 100],
  ["leader's client silent", 300],
  ['leader cut off', 600],
];
for (const n of committeeSizes) {
  for (const [trouble, boundMs] of bounds) {
    test(`${n} operators, ${trouble}: at most ${boundMs} ms more than with a healthy one`, async () => {
      const [healthyMs, ms] = [await measure(n, 'healthy'), await measure(n, trouble)];
      assert.ok(healthyMs !== null && ms !== null, 'someone got no signature');
      assert.ok(ms - healthyMs <= boundMs, `${ms - healthyMs} ms`);
    });
  }
}
