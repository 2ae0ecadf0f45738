/**
 * `quorate run`: an operator's node.
 */
import { readRunConfig, runSchema } from '../app/config.ts';
import { type Command, tellProblems } from './command.ts';
import { onHangUp } from './terminal/on-hang-up.ts';
import { untilSignalled } from './terminal/until-signal.ts';

export const runCommand: Command = {
  usage: '--cluster-file FILE --operator-id ID --operator-key-file FILE [options]',
  about:
    "Runs an operator's node: serves validator clients as a Web3Signer would, and works with the nodes of the other operators\nof the cluster file. SIGTERM stops it in order, SIGHUP has it read cluster file and keys anew. `quorate check` with the same options\nsays what would not work.",
  schema: runSchema,
  async run(argv, terminal) {
    const read = readRunConfig({ argv, environment: terminal.environment });
    if (read.type === 'problems') return tellProblems('run', read.problems, terminal);
    // Loaded only now: help and wrong options should not wait for the libraries of a whole node.
    const { startNode } = await import('../app/node.ts');
    await using node = await startNode(read.settings);
    using _reloading = onHangUp(node.reload);
    await untilSignalled(terminal);
    return 0;
  },
};
