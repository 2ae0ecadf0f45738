/**
 * `npm run conformance`: the SSV spec's vectors, one line per class; exits non-zero where one fails or is missing.
 */
import { classesIn, runClass } from './classes.ts';
import { absent, vectorsFolder } from './vectors.ts';

const folder = vectorsFolder();
if (folder === null) {
  console.log(absent);
  process.exit(1);
}

const totals = new Map<string, { passed: number; files: number }>();
for (const of of classesIn(folder)) {
  const { passed, failures } = runClass(folder, of);
  console.log(`${of.module} ${of.type} ${passed}/${of.files}`);
  for (const { file, why } of failures)
    console.log(`  failed: ${file}\n    ${why.slice(0, 2000).replaceAll('\n', '\n    ')}`);
  const total = totals.get(of.module) ?? { passed: 0, files: 0 };
  totals.set(of.module, { passed: total.passed + passed, files: total.files + of.files });
}
for (const [module, { passed, files }] of totals) {
  console.log(`${module} ${passed}/${files}`);
  if (passed !== files) process.exitCode = 1;
}
