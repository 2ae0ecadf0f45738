/**
 * `quorate run`: an operator's node.
 */
import { readRunConfig, runSchema } from '../app/config.ts';
import { type Command, tellProblems } from './command.ts';
import { untilSignalled } from './terminal/until-signal.ts';

export const runCommand: Command = {
  usage: '--cluster-file FILE --operator-id ID --operator-key-file FILE [options]',
  about:
    "Runs an operator's node: serves validator clients as a Web3Signer would, and works with the nodes of the other operators\nof the cluster file. Stops in order on SIGTERM. `quorate check` with the same options says what would not work.",
  schema: runSchema,
  async run(argv, terminal) {
    const read = readRunConfig({ argv, environment: terminal.environment });
    if (read.type === 'problems') return tellProblems('run', read.problems, terminal);
    // Loaded only now: help and wrong options should not wait for the libraries of a whole node.
    const { startNode } = await import('../app/node.ts');
    await using _node = await startNode(read.settings);
    await untilSignalled(terminal);
    return 0;
  },
};
