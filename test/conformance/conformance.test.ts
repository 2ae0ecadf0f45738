/**
 * The SSV spec's vectors as tests, one per class. Where they are absent the suite says so; it never looks like a pass.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { classesIn, runClass } from './classes.ts';
import { absent, vectorsFolder } from './vectors.ts';

const folder = vectorsFolder();

if (folder === null) {
  console.warn(absent);
  test('conformance with the SSV spec', { skip: absent }, () => {});
} else {
  for (const of of classesIn(folder)) {
    test(`all ${of.files} vectors of ${of.module} ${of.type} pass`, () => {
      const { passed, failures } = runClass(folder, of);
      deepEqual(failures, []);
      equal(passed, of.files);
    });
  }
}
