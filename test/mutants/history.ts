/**
 * Mutants of the decided history: when a node may sign again, what it keeps for its next start, and which keys count.
 */
import type { Mutant, MutantRoom } from './room.ts';

const guardsOf =
  (file: string) =>
  (find: string, replace = ''): Mutant => ({ file: `src/${file}`, find, replace });
const catchUp = guardsOf('workflow/history/catch-up.ts');
const continuity = guardsOf('workflow/history/continuity.ts');
const caughtUp = guardsOf('core/history/caught-up.ts');
const formerKeys = guardsOf('core/registry/former-keys.ts');

export const history: MutantRoom = {
  name: 'history',
  copies: [
    'src',
    'test/app/history',
    'test/app/operator-key',
    'test/core',
    'test/fakes',
    'test/simulation',
    'test/workflow',
  ],
  commands: [
    [
      '--test',
      'test/core/history/*.test.ts',
      'test/core/registry/former-keys.test.ts',
      'test/core/registry/build-registry.test.ts',
    ],
    ['--test', 'test/app/history/*.test.ts', 'test/app/operator-key/replaced-key.test.ts'],
    ['--test', 'test/workflow/history/continuity.test.ts', 'test/workflow/history/newcomers.test.ts'],
    ['--test', 'test/workflow/history/recovery.test.ts', 'test/workflow/history/liars.test.ts'],
  ],
  mutants: [
    catchUp("    if (group.memory !== 'recent' && continuity.mark() !== null) continuity.setMark(null);\n"),
    catchUp('fresh.filter((key) => !remembered.has(key)) : []', '[] : []'),
    catchUp(
      "return committee === undefined || standing(committee, group).type === 'caught-up';",
      'return true;',
    ),
    catchUp('      continuity.raiseFloors(group.validators, floor);\n'),
    catchUp('      for (const key of group.validators) gate.setFloor(floor, key);\n'),
    catchUp('  for (const [key, own] of continuity.validatorFloors()) gate.setFloor(own, key);\n'),
    catchUp('  if (floor !== null) gate.setFloor(floor);\n'),
    catchUp('      log.raiseFloor(floor);\n'),
    catchUp('    foldOwn(group);\n'),
    catchUp("    if (isLate && standing(committee, group).type === 'caught-up') return null;\n"),
    catchUp(
      'const current = epochOf(network, slotAt(network, clock.now()));',
      'const current = epochOf(network, startSlot);',
    ),
    catchUp('        gate.setValidators(committee.id, first.validators, null);\n'),
    catchUp('const hasPast = known.length > 0;', 'const hasPast = false;'),
    catchUp('slotAt(network, beganMs) >= settledFrom(startSlot)', 'true'),
    continuity('if (stop.aborted || !isWhole()) return;', 'if (stop.aborted) return;'),
    caughtUp("  if (isNew) return 'new';\n"),
    caughtUp("  if (mark === null) return 'old';\n", "  if (mark === null) return 'recent';\n"),
    caughtUp("  if ((spoken ?? -1) < (mark.spoken ?? -1)) return 'old';\n"),
    caughtUp('age >= -1 && '),
    caughtUp('age <= network.slotsPerEpoch', 'age <= 2 * network.slotsPerEpoch'),
    caughtUp("  if (memory === 'recent' || !known.hasPast) return { type: 'caught-up', floor: null };\n"),
    caughtUp('(startSlot + settleSlots)', 'startSlot'),
    formerKeys('slot < until', 'slot <= until'),
    formerKeys('    if (until <= before)', '    if (until < before)'),
    formerKeys('slot === 0 ? null : slot', 'slot'),
    guardsOf('core/history/certificate.ts')('signature, duty.slot)', 'signature)'),
    guardsOf('core/registry/build-registry.ts')('keyOwners.set(key, id);'),
  ],
};
