/**
 * How a script of this folder takes its options: --help prints its usage, a wrong option a sentence and the usage, with exit code 2.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Throws RangeError with a sentence that names the option. */
export const wholeNumber = (
  text: string,
  option: string,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number => {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  throw new RangeError(`${option} must be a whole number ${range}, not ${text}`);
};

/** A committee has 3f + 1 operators, up to 13. */
export const committeeSize = (text: string, option: string): number => {
  const size = wholeNumber(text, option, 4, 13);
  if ((size - 1) % 3 === 0) return size;
  throw new RangeError(`${option} must be 4, 7, 10 or 13, not ${text}`);
};

const isWrongUse = (error: unknown): error is Error =>
  error instanceof RangeError ||
  (error instanceof TypeError && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code)));

const help = { help: { type: 'boolean' } } as const;

/** What `read` makes of the command line. Ends the process where there is nothing to run. */
export const readOptions = <C extends ParseArgsConfig, T>(
  usage: string,
  config: C,
  read: (parsed: ReturnType<typeof parseArgs<C>>) => T,
): T => {
  try {
    const parsed = parseArgs({ ...config, options: { ...config.options, ...help } } as C);
    if ((parsed.values as { readonly help?: boolean }).help !== true) return read(parsed);
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    if (!isWrongUse(error)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
};
