#!/usr/bin/env node
/**
 * `quorate`: arguments in, exit code out.
 */
import { fitProcess } from './app/process/fit-process.ts';

const argv = process.argv.slice(2);
fitProcess(argv);
const { dispatch } = await import('./cli/dispatch.ts');

process.exitCode = await dispatch(argv, {
  environment: process.env,
  input: process.stdin,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
