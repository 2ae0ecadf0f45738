/**
 * One burst after the other, for whoever looks for where time goes: `node test/bench/burst.ts [--operators 4]
 * [--validators 1000] [--slots 5]`. The figures that are published come from the case of main.ts, which measures the same.
 */
import { committeeSize, readOptions, wholeNumber } from '../script-options.ts';
import { runBursts } from './cases/burst.ts';
import { brief } from './cluster/usage.ts';

const usage = `npm run bench:burst -- [options]

  --operators N    4, 7, 10 or 13                                          (default 4)
  --validators N   which all attest in each slot                           (default 1000)
  --slots N        bursts that count, after one that warms up              (default 5)
  --help
`;

const { slots, ...shape } = readOptions(
  usage,
  {
    options: {
      operators: { type: 'string', default: '4' },
      validators: { type: 'string', default: '1000' },
      slots: { type: 'string', default: '5' },
    },
  },
  ({ values }) => ({
    operators: committeeSize(values.operators, '--operators'),
    validators: wholeNumber(values.validators, '--validators', 1),
    slots: wholeNumber(values.slots, '--slots', 1),
  }),
);
const { memoryMb, answers } = await runBursts(shape, { bursts: slots, warmUp: 1 }, console.log);
console.log(`resident memory of a node: ${brief(memoryMb, 'MB')}`);
console.log(`${answers.answered} of ${answers.asked} answered; ${answers.firstProblem ?? 'no problem'}`);
