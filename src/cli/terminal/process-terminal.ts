/**
 * The terminal, file or pipe that this process was started at.
 */
import type { Terminal } from '../command.ts';

/**
 * A command finishes its work where its output cannot be written any more. A reader that has gone has read what it wanted, as
 * `head` does; for any other reason the exit code is 1.
 */
export const openTerminal = (): Terminal => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.exitCode ??= 1;
    process.stderr.write(`quorate: the output is incomplete: ${error.message}\n`);
  });
  // Whom would we tell?
  process.stderr.on('error', () => undefined);
  return {
    environment: process.env,
    input: process.stdin,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  };
};
