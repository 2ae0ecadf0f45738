/**
 * `quorate signer`: one operator's keystores behind the Web3Signer API.
 */
import { readSignerConfig, signerSchema } from '../app/signer/signer-config.ts';
import { type Command, tellProblems } from './command.ts';
import { onHangUp } from './terminal/on-hang-up.ts';
import { untilSignalled } from './terminal/until-signal.ts';

export const signerCommand: Command = {
  usage: '--keystores-dir DIR --keystores-passwords-dir DIR [options]',
  about:
    "Serves one operator's share keystores as a plain Web3Signer-compatible signer with slashing protection of its own, for\nnodes that run with --signer web3signer. It signs alone: no other operator is asked.",
  schema: signerSchema,
  async run(argv, terminal) {
    const read = readSignerConfig({ argv, environment: terminal.environment });
    if (read.type === 'problems') return tellProblems('signer', read.problems, terminal);
    // Loaded only now: help and wrong options should not wait for the libraries of a whole node.
    const { startSigner } = await import('../app/signer/signer-server.ts');
    await using signer = await startSigner(read.settings);
    using _reloading = onHangUp(signer.reload);
    await untilSignalled(terminal);
    return 0;
  },
};
