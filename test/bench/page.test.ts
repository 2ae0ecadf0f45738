/**
 * The published page is what the script makes of the published figures.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pagePath, plotPath, readResults, renderPage } from './page.ts';
import { plotsOf } from './plot.ts';

const page = readFileSync(pagePath, 'utf8');
const results = readResults('figures.json');
const slower = readResults('slower-machine.json');

test('the tables of deploy/PERFORMANCE.md are those of figures.json: node test/bench/page.ts writes them', () => {
  assert.equal(renderPage(page, results, slower), page);
  assert.ok(page.includes('| ATTESTATION |'), 'and there are tables');
});

test('the plots are those of figures.json', () => {
  const plots = [...plotsOf(results)];
  assert.equal(plots.length, 2);
  for (const [name, svg] of plots) {
    assert.equal(readFileSync(plotPath(name), 'utf8'), svg);
    assert.ok(page.includes(`performance/${name}`), `${name} is shown`);
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
  }
});

test('other figures make another page', () => {
  const cases = results.cases.map((figure) => ({ ...figure, median: figure.median + 1 }));
  assert.notEqual(renderPage(page, { ...results, cases }, slower), page);
  const slowerCases = slower.cases.map((figure) => ({ ...figure, median: figure.median + 1 }));
  assert.notEqual(renderPage(page, results, { ...slower, cases: slowerCases }), page);
});

test('a short run is not published, nor a table that nobody knows', () => {
  assert.throws(() => renderPage(page, { ...results, short: true }, slower), /short run/);
  assert.throws(() => renderPage(page, results, { ...slower, short: true }), /short run/);
  assert.throws(
    () => renderPage('<!-- figures: nothing -->\n<!-- end -->', results, slower),
    /nothing is no table/,
  );
});
