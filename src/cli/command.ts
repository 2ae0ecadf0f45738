/**
 * What a command is: a schema for its options, a text for its help, and a function from settings to an exit code.
 *
 * 0 done, 1 failed, 2 used wrongly. Results go to standard output, everything else to standard error.
 */
import { optionsHelp } from '../app/settings/help.ts';
import type { Options } from '../app/settings/option.ts';

export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: AsyncIterable<Uint8Array>;
  out(text: string): void;
  err(text: string): void;
}

export type ExitCode = 0 | 1 | 2;

export interface Command {
  /** After `quorate NAME`, such as `import FILE [options]`. */
  readonly usage: string;
  /** What it does, for its own help; may have paragraphs. */
  readonly about: string;
  readonly schema: Options;
  run(argv: readonly string[], terminal: Terminal): Promise<ExitCode>;
}

/** A fault of the world that a command tells in one sentence; anything else is a bug and is told with its stack. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export const commandHelp = (name: string, { usage, about, schema }: Command): string =>
  `Usage: quorate ${name}${usage === '' ? '' : ` ${usage}`}\n\n${about}\n\n${optionsHelp(schema)}\n`;

/** Tells each problem on a line of its own; the exit code for wrong use. */
export const tellProblems = (name: string, problems: readonly string[], terminal: Terminal): ExitCode => {
  for (const problem of problems) terminal.err(`quorate ${name}: ${problem}\n`);
  terminal.err(`See quorate ${name} --help.\n`);
  return 2;
};
