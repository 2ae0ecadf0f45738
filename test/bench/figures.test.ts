/**
 * Medians, ratios and targets.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Floors, figureOf, quantile, type Series } from './figures.ts';

const floors: Floors = { 'blst.verify': 1000, 'blst.sign': 400, http: 200, tcp: 50 };
const series: Series = {
  name: 'case',
  figure: 'figure',
  parameters: {},
  unit: 'ms',
  samples: [3, 1, 2, 10],
  floor: 'http',
  target: null,
};

test('a quantile is a sample: the smallest that so many do not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
  assert.equal(quantile(hundred, 0.5), 50);
  assert.equal(quantile(hundred, 0.99), 99);
  assert.equal(quantile([7], 0.99), 7);
  assert.equal(quantile([1, 2], 0.99), 2);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test('a ratio is of medians, whatever the units; memory has none', () => {
  assert.equal(figureOf(series, floors).ratio, 10);
  assert.equal(figureOf({ ...series, unit: 'us' }, floors).ratio, 0.01);
  assert.equal(figureOf({ ...series, unit: 'MB' }, floors).ratio, null);
  assert.equal(figureOf({ ...series, floor: null }, floors).ratio, null);
});

for (const [target, met] of [
  [{ of: 'median', max: 2 }, true],
  [{ of: 'median', max: 1.9 }, false],
  [{ of: 'p99', max: 10 }, true],
  [{ of: 'p99', max: 9 }, false],
  [{ of: 'ratio', max: 10 }, true],
  [{ of: 'ratio', max: 9 }, false],
  [null, null],
] as const) {
  test(`a target of ${target === null ? 'nothing' : `${target.of} ${target.max}`} is met: ${met}`, () => {
    assert.equal(figureOf({ ...series, target }, floors).met, met);
  });
}
