/**
 * From arguments to a command. Each command is loaded only when it is asked for, so that help is quick.
 */

import { didYouMean } from '../app/settings/nearest.ts';
import { softwareVersion } from '../app/version.ts';
import { type Command, CommandFailed, commandHelp, type ExitCode, type Terminal } from './command.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const commands: Readonly<Record<string, Entry>> = {
  run: {
    summary: "run an operator's node: serve validator clients, work with the other operators",
    load: async () => (await import('./run.ts')).runCommand,
  },
  observe: {
    summary: 'listen to a cluster without any key: keep what it decides, and serve it',
    load: async () => (await import('./history/observe.ts')).observeCommand,
  },
  check: {
    summary: "check a node's configuration, keys, signer, peers and clock, and say what is wrong",
    load: async () => (await import('./check/check.ts')).checkCommand,
  },
  'operator-key': {
    summary: "make an operator's RSA key, or show the public half of one",
    load: async () => (await import('./operator-key.ts')).operatorKeyCommand,
  },
  split: {
    summary: 'split validator keys into share keystores for each operator, and write the cluster file',
    load: async () => (await import('./split/split.ts')).splitCommand,
  },
  combine: {
    summary: 'recover a validator key from a quorum of share keystores, for emergencies',
    load: async () => (await import('./split/combine.ts')).combineCommand,
  },
  'import-shares': {
    summary: 'import share keystores into a Web3Signer through its keymanager API',
    load: async () => (await import('./import-shares/import-shares.ts')).importSharesCommand,
  },
  slashing: {
    summary: 'import or export slashing protection (EIP-3076)',
    load: async () => (await import('./slashing-command.ts')).slashingCommand,
  },
  history: {
    summary: 'list, export or verify what the cluster decided and signed',
    load: async () => (await import('./history/history-command.ts')).historyCommand,
  },
  signer: {
    summary: "serve one operator's keystores as a Web3Signer-compatible signer",
    load: async () => (await import('./signer.ts')).signerCommand,
  },
  demo: {
    summary: 'run four operators on this machine and sign everything once',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
};

const generalHelp = (): string => {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    `Quorate ${softwareVersion}: a distributed-validator signer behind the Web3Signer API`,
    '',
    'Usage: quorate COMMAND [options]',
    '',
    ...rows,
    '',
    'quorate COMMAND --help tells the options of a command. Options are flags, QUORATE_ variables or keys of --config-file;',
    'secrets are only ever read from files.',
    '',
  ].join('\n');
};

/** Never rejects but for bugs. */
export const dispatch = async (argv: readonly string[], terminal: Terminal): Promise<ExitCode> => {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal[name === undefined ? 'err' : 'out'](generalHelp());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    terminal.out(`${softwareVersion}\n`);
    return 0;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    terminal.err(
      `quorate: there is no command ${name.slice(0, 40)}${didYouMean(name, Object.keys(commands))}; see quorate --help\n`,
    );
    return 2;
  }
  const command = await entry.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(commandHelp(name, command));
    return 0;
  }
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    if (!isTold(error)) throw error;
    terminal.err(`quorate ${name}: ${error.message}\n`);
    return 1;
  }
};

/** Errors whose message is written for the person at the terminal. */
const told: ReadonlySet<string> = new Set([
  'CommandFailed',
  'OperatorKeyFailed',
  'StorageFailed',
  'IdentityError',
  'SignerFailed',
  'StartFailed',
]);
const isTold = (error: unknown): error is Error =>
  error instanceof CommandFailed || (error instanceof Error && told.has(error.name));
