/**
 * Mutants of core/slashing: one for each rule of EIP-3076.
 */
import type { MutantRoom } from './room.ts';

const guard = (
  file: string,
  find: string,
  replace = '',
): { file: string; find: string; replace: string } => ({
  file: `src/core/slashing/${file}`,
  find,
  replace,
});

export const coreSlashing: MutantRoom = {
  name: 'core/slashing',
  copies: ['src', 'test/core/slashing', 'test/storage', 'test/fakes'],
  commands: [
    ['--test', 'test/core/slashing/*.test.ts'],
    ['--test', 'test/storage/slashing*.test.ts'],
  ],
  mutants: [
    guard('attestation.ts', 'if (item.source > item.target)', 'if (false)'),
    guard(
      'attestation.ts',
      'if (seen.sameTarget.some((earlier) => isIdentical(earlier, item)))',
      'if (false)',
    ),
    guard('attestation.ts', 'if (double !== undefined)', 'if (double === null)'),
    guard('attestation.ts', 'if (seen.surrounded !== null)', 'if (false)'),
    guard('attestation.ts', 'if (seen.surrounding !== null)', 'if (false)'),
    guard('attestation.ts', 'seen.minimum !== null && item.source < seen.minimum.source', 'false'),
    guard('attestation.ts', 'seen.minimum !== null && item.target <= seen.minimum.target', 'false'),
    guard('attestation.ts', 'item.target <= seen.minimum.target', 'item.target < seen.minimum.target'),
    guard('attestation.ts', 'item.signingRoot !== null && ', ''),
    guard('attestation.ts', 'earlier.signingRoot === item.signingRoot && ', ''),
    guard('attestation.ts', ' && earlier.source === item.source', ''),
    guard('block.ts', 'item.signingRoot !== null && ', ''),
    guard('block.ts', 'earlier.signingRoot === item.signingRoot', 'true'),
    guard('block.ts', 'if (double !== undefined)', 'if (double === null)'),
    guard('block.ts', 'seen.minimum !== null && item.slot <= seen.minimum', 'false'),
    guard('block.ts', 'item.slot <= seen.minimum', 'item.slot < seen.minimum'),
  ],
};
