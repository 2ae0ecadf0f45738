#!/usr/bin/env node
/**
 * `quorate`: arguments in, exit code out.
 */
import { fitProcess } from './app/process/fit-process.ts';

const argv = process.argv.slice(2);
fitProcess(argv);
const { dispatch } = await import('./cli/dispatch.ts');
const { openTerminal } = await import('./cli/terminal/process-terminal.ts');

const code = await dispatch(argv, openTerminal());
if (code !== 0) process.exitCode = code;
