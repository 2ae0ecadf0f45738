#!/usr/bin/env node
/**
 * `quorate`: arguments in, exit code out.
 */
import { dispatch } from './cli/dispatch.ts';

process.exitCode = await dispatch(process.argv.slice(2), {
  environment: process.env,
  input: process.stdin,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
