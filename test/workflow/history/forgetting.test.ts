/**
 * Worlds in which three of four nodes lose their databases at once while their clients ask for conflicting data.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runForgettingWorld } from './forgetting-world.ts';

for (const seed of [12, 13]) {
  test(`seed ${seed}: whatever is forgotten, no duty can have two signatures`, async () => {
    const result = await runForgettingWorld({ seed, slots: 48, catchUp: true });
    assert.deepEqual(result.broken, []);
    assert.ok(result.lost >= 6 && result.signed > 100, JSON.stringify(result));
    assert.equal(result.recovered, 4);
  });
}

test('seed 12: nodes that sign at once after such a start break the promise, so that the world can tell', async () => {
  const { broken } = await runForgettingWorld({ seed: 12, slots: 48, catchUp: false });
  assert.match(broken.join('\n'), /two signatures are possible/);
});
