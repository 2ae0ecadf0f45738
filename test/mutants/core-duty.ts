/**
 * Mutants of core/duty: the checks of values, windows and policies.
 */
import type { MutantRoom } from './room.ts';

const guard = (
  file: string,
  find: string,
  replace = '',
): { file: string; find: string; replace: string } => ({
  file: `src/core/duty/${file}`,
  find,
  replace,
});

export const coreDuty: MutantRoom = {
  name: 'core/duty',
  copies: ['src', 'test/core/duty', 'test/workflow', 'test/simulation', 'test/fakes'],
  commands: [
    ['--test', 'test/core/duty/*.test.ts'],
    ['--test', '--test-isolation=none', 'test/workflow/*.test.ts', 'test/workflow/adversary/*.test.ts'],
  ],
  mutants: [
    guard('value-check.ts', 'if (vote.target.epoch !== epochOf(context.network, duty.slot))', 'if (false)'),
    guard('value-check.ts', 'if (vote.source.epoch > vote.target.epoch)', 'if (false)'),
    guard(
      'value-check.ts',
      'if (vote.source.epoch === vote.target.epoch && vote.target.epoch !== 0)',
      'if (false)',
    ),
    guard('value-check.ts', ' && vote.target.epoch !== 0)', ')'),
    guard(
      'value-check.ts',
      'if (!sameCheckpoint(vote.source, context.own.vote.source, context.strictness))',
      'if (false)',
    ),
    guard(
      'value-check.ts',
      'if (!sameCheckpoint(vote.target, context.own.vote.target, context.strictness))',
      'if (false)',
    ),
    guard('value-check.ts', "(strictness === 'lenient' || a.root === b.root)", 'true'),
    guard('value-check.ts', "(strictness === 'lenient' || a.root === b.root)", 'a.root === b.root'),
    guard('value-check.ts', "if (facts.slot !== duty.slot) return 'the aggregate is of another slot';"),
    guard('value-check.ts', "if (facts.slot !== duty.slot) return 'the contribution is of another slot';"),
    guard(
      'value-check.ts',
      "if (facts.subcommittee !== duty.subcommittee) return 'the contribution is of another subcommittee';",
    ),
    guard('value-check.ts', "if (header.slot !== duty.slot) return 'the block is of another slot';"),
    guard('value-check.ts', 'header.proposerIndex === context.own.header.proposerIndex', 'true'),
    guard('value-check.ts', "value.length === 32 ? null : 'not a block root'", 'null'),
    guard('value-check.ts', 'value.length === 0 || ', ''),
    guard('value-check.ts', ' || value.length > valueBytesMax', ''),
    guard('value-check.ts', "  if (context.forbidden(value)) return no('slashing protection forbids it');\n"),
    guard('value-check.ts', 'context.own !== null || context.vouched', 'true'),
    guard('value-check.ts', 'context.own !== null || context.vouched', 'context.vouched'),
    guard('value-check.ts', 'context.own !== null || context.vouched', 'context.own !== null'),
    guard('value.ts', 'ssz.length < 108 + 4 + 128 + 96 ||', ''),
    guard('value.ts', ' || new DataView(ssz.buffer, ssz.byteOffset).getUint32(8, true) !== 108', ''),
    guard('value.ts', '  if (ssz.length < 56 + 1 + 96 + 96) return null;\n'),
    guard('value.ts', 'value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null', 'Number(value)'),
    guard('window.ts', 'if (nowMs < fromMs - clockToleranceMs) return tooEarly;'),
    guard('window.ts', 'nowMs > untilMs + clockToleranceMs ? tooLate : open', 'open'),
    guard(
      'policy.ts',
      "if (signable.type !== 'registration') return allowed;\n  if (signable.validator !== validator)",
      "if (signable.type !== 'registration') return allowed;\n  if (false)",
    ),
    guard(
      'policy.ts',
      'policy.feeRecipient !== null && signable.feeRecipient !== policy.feeRecipient',
      'false',
    ),
    guard('policy.ts', 'policy.gasLimit !== null && signable.gasLimit !== policy.gasLimit', 'false'),
    guard('policy.ts', 'ageSeconds < -aheadSecondsMax', 'false'),
    guard('policy.ts', 'ageSeconds > oldSecondsMax', 'false'),
    guard('policy.ts', 'signable.genesisForkVersion === network.genesisForkVersion', 'true'),
  ],
};
