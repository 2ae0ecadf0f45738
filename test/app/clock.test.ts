import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { createClock } from '../../src/app/clock.ts';

const withTimers = (story: (tick: (ms: number) => void) => void): void => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1000 });
  try {
    story((ms) => mock.timers.tick(ms));
  } finally {
    mock.timers.reset();
  }
};

test('a task runs once, at its time and not before', () => {
  withTimers((tick) => {
    let runs = 0;
    createClock().at(1500, () => runs++);
    tick(499);
    assert.equal(runs, 0);
    tick(1);
    assert.equal(runs, 1);
    tick(10_000);
    assert.equal(runs, 1);
  });
});

test('a task of the past runs at once, yet not inside the call, unless cancelled', async () => {
  const runs: string[] = [];
  createClock().at(0, () => runs.push('a task'));
  createClock().at(0, () => runs.push('a cancelled task'))();
  assert.deepEqual(runs, []);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(runs, ['a task']);
});

test('a cancelled task never runs, also in its second stretch', () => {
  withTimers((tick) => {
    let runs = 0;
    const day = 86_400_000;
    const cancel = createClock().at(1000 + 30 * day, () => runs++);
    tick(26 * day);
    cancel();
    tick(30 * day);
    assert.equal(runs, 0);
  });
});

test('a delay beyond 2^31 ms is waited for in full', () => {
  withTimers((tick) => {
    let runs = 0;
    const day = 86_400_000;
    createClock().at(1000 + 60 * day, () => runs++);
    for (let days = 0; days < 59; days++) tick(day);
    assert.equal(runs, 0);
    tick(day);
    assert.equal(runs, 1);
  });
});
