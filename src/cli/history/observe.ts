/**
 * `quorate observe`: listens to a cluster without any key, keeps what it decides, and serves that to whoever asks.
 */
import { observeSchema, readObserveConfig } from '../../app/observe/observe-config.ts';
import { type Command, tellProblems } from '../command.ts';
import { untilSignalled } from '../terminal/until-signal.ts';

export const observeCommand: Command = {
  usage: '--cluster-file FILE [options]',
  about:
    "Observes a cluster without an operator key or a share: hears its operators' messages, verifies and keeps what they decide\nand sign, copies what it missed from them, and serves all of that to other observers. Signs nothing. Operators let in a\nbounded number of observers (their option --observers-at-most). Read what it keeps, while it is stopped or from a copy of\nits file, with `quorate history list|export|verify`. Stops in order on SIGTERM.",
  schema: observeSchema,
  async run(argv, terminal) {
    const read = readObserveConfig({ argv, environment: terminal.environment });
    if (read.type === 'problems') return tellProblems('observe', read.problems, terminal);
    // Loaded only now: help and wrong options should not wait for the libraries of a whole node.
    const { startObserver } = await import('../../app/observe/observer.ts');
    await using _observer = await startObserver(read.settings);
    await untilSignalled(terminal);
    return 0;
  },
};
