/**
 * Mutants of the workflow, and which tests must notice them: quick ones first.
 */
import type { MutantRoom } from './room.ts';
import { dutyMutants } from './workflow-duties.ts';
import { messageMutants } from './workflow-messages.ts';

export const workflow: MutantRoom = {
  name: 'workflow',
  copies: ['src', 'test/core', 'test/workflow', 'test/simulation', 'test/fakes'],
  commands: [
    [
      '--test',
      '--test-isolation=none',
      'test/workflow/*.test.ts',
      'test/core/qbft/fault.test.ts',
      'test/workflow/adversary/*.test.ts',
      'test/workflow/history/gate.test.ts',
    ],
    ['--test', 'test/workflow/history/twin.test.ts'],
    ['test/simulation/world/main.ts', '--worlds', '12', '--seed', '1'],
  ],
  mutants: [...messageMutants, ...dutyMutants],
};
