/**
 * One burst after the other, for whoever looks for where time goes: `node test/bench/burst.ts [--operators 4]
 * [--validators 1000] [--slots 5]`. The figures that are published come from the case of main.ts, which measures the same.
 */
import { parseArgs } from 'node:util';
import { runBursts } from './cases/burst.ts';
import { brief } from './cluster/usage.ts';

const { values } = parseArgs({
  options: {
    operators: { type: 'string', default: '4' },
    validators: { type: 'string', default: '1000' },
    slots: { type: 'string', default: '5' },
  },
});
const shape = { operators: Number(values.operators), validators: Number(values.validators) };
const { memoryMb, answers } = await runBursts(
  shape,
  { bursts: Number(values.slots), warmUp: 1 },
  console.log,
);
console.log(`resident memory of a node: ${brief(memoryMb, 'MB')}`);
console.log(`${answers.answered} of ${answers.asked} answered; ${answers.firstProblem ?? 'no problem'}`);
