/**
 * Runs a command in this process and keeps what it says.
 */
import { dispatch } from '../../src/cli/dispatch.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export const quorate = async (
  argv: readonly string[],
  {
    input = '',
    environment = {},
  }: { readonly input?: string; readonly environment?: Record<string, string> } = {},
): Promise<Said> => {
  let out = '';
  let err = '';
  const code = await dispatch(argv, {
    environment,
    input: (async function* () {
      yield Buffer.from(input);
    })(),
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
};
