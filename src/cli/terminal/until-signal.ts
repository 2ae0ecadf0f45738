/**
 * Runs a service until the process is told to stop.
 */
import type { Terminal } from '../command.ts';

/**
 * Resolves on SIGTERM or SIGINT. A second one ends the process at once: someone is in a hurry, and nothing that must be
 * durable waits for an orderly stop.
 */
export const untilSignalled = (terminal: Terminal): Promise<void> =>
  new Promise((resolve) => {
    let told = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (told) process.exit(1);
      told = true;
      terminal.err(`${signal}: stopping; again to stop at once\n`);
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
