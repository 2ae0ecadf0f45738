/**
 * Mutants of core/qbft: each takes one guard away, or bends one rule.
 */
import type { MutantRoom } from './room.ts';

const guard = (
  file: string,
  find: string,
  replace = '',
): { file: string; find: string; replace: string } => ({
  file: `src/core/qbft/${file}`,
  find,
  replace,
});

export const coreQbft: MutantRoom = {
  name: 'core/qbft',
  copies: ['src/core', 'test/core/qbft', 'test/simulation'],
  // Tests of single rules first: they are done in a second.
  commands: [
    ['--test', 'test/core/qbft/*.test.ts'],
    ['test/simulation/main.ts', '--schedules', '12000', '--seed', '1'],
  ],
  mutants: [
    guard('quorum.ts', '=== at) count++;', '=== at || at > 0) count++;'),
    guard('quorum.ts', ' + Math.floor(height / 32)'),

    guard(
      'message.ts',
      "  if (signed.message.type !== 'consensus') return wireError('message-type', 'not a consensus message');\n",
    ),
    guard('message.ts', '  if (isWireError(message)) return message;\n'),
    guard('message.ts', '!sameBytes(message.identifier, config.identifier) || '),
    guard('message.ts', ' || !sameBytes(signed.message.id, config.identifier)'),
    guard(
      'message.ts',
      '!sameBytes(message.identifier, config.identifier) || !sameBytes(signed.message.id, config.identifier)',
      'false',
    ),
    guard('message.ts', '  if (isWireError(signed)) return signed;\n'),
    guard(
      'message.ts',
      'return invalid === null ? openEnvelope',
      'return invalid !== undefined ? openEnvelope',
    ),
    guard('message.ts', "  if (message.height !== config.height) return 'wrong-height';\n"),
    guard(
      'message.ts',
      "  if (signed.operators.some((operator) => !config.committee.includes(operator)))\n    return 'signer-not-in-committee';\n",
    ),
    guard('message.ts', "signed.operators.length === 1 ? null : 'one-signer-only'", 'null'),

    guard(
      'justify.ts',
      '    if (isWireError(prepare)) return prepare.name;\n',
      '    if (isWireError(prepare)) continue;\n',
    ),
    guard('justify.ts', "    if (prepare.message.type !== 'prepare') return 'message-type';\n"),
    guard('justify.ts', "    if (prepare.message.round !== round) return 'wrong-round';\n"),
    guard(
      'justify.ts',
      '    const invalid = checkEnvelope(config, prepare);\n    if (invalid !== null) return invalid;\n',
    ),
    guard('justify.ts', "    if (!sameBytes(prepare.message.root, root)) return 'root-differs';\n"),
    guard('justify.ts', "    if (!config.verify(prepare.signed)) return 'justification-signature';\n"),
    guard('justify.ts', "countSigners(prepares) >= config.quorum ? null : 'no-prepare-quorum'", 'null'),
    guard('justify.ts', 'countSigners(prepares) >= config.quorum', 'prepares.length >= config.quorum'),
    guard(
      'justify.ts',
      'countSigners(prepares) >= config.quorum',
      'countSigners(prepares) >= config.quorum - 1',
    ),
    guard('justify.ts', "  if (message.type !== 'round-change') return 'message-type';\n"),
    guard('justify.ts', "  if (message.round !== round) return 'wrong-round';\n"),
    guard(
      'justify.ts',
      '  const invalid = checkEnvelope(config, received);\n  if (invalid !== null) return invalid;\n',
    ),
    guard('justify.ts', "  if (message.dataRound >= round) return 'prepared-round';\n"),
    guard('justify.ts', 'message.dataRound >= round', 'message.dataRound > round'),
    guard(
      'justify.ts',
      'return checkPrepares(config, message.roundChangeJustification, message.dataRound, message.root);',
      'return null;',
    ),
    guard(
      'justify.ts',
      'roundChange.message.dataRound > (highest',
      'roundChange.message.dataRound < (highest',
    ),
    guard(
      'justify.ts',
      'if (roundChange.message.dataRound > (highest?.message.dataRound ?? 0)) highest = roundChange;',
      'if (roundChange.message.dataRound > 0) highest = roundChange;',
    ),
    guard('justify.ts', "  if (!config.accepts(signed.fullData)) return 'value-refused';\n"),
    guard('justify.ts', '  if (message.round === 1) return null;', '  return null;'),
    guard(
      'justify.ts',
      '    if (isWireError(roundChange)) return roundChange.name;\n',
      '    if (isWireError(roundChange)) continue;\n',
    ),
    guard(
      'justify.ts',
      '    const invalid = checkRoundChange(config, roundChange, message.round);\n    if (invalid !== null) return invalid;\n',
    ),
    guard('justify.ts', "    if (!config.verify(roundChange.signed)) return 'justification-signature';\n"),
    guard(
      'justify.ts',
      "  if (countSigners(roundChanges) < config.quorum) return 'no-round-change-quorum';\n",
    ),
    guard('justify.ts', 'countSigners(roundChanges) < config.quorum', 'roundChanges.length < config.quorum'),
    guard(
      'justify.ts',
      'countSigners(roundChanges) < config.quorum',
      'countSigners(roundChanges) < config.quorum - 1',
    ),
    guard('justify.ts', '  if (highest === null) return null;', '  return null;'),
    guard('justify.ts', "  if (!sameBytes(highest.message.root, message.root)) return 'locked-value';\n"),
    guard(
      'justify.ts',
      "return invalid === null || invalid === 'no-prepare-quorum' ? invalid : 'prepares-invalid';",
      'return null;',
    ),

    guard('round-change.ts', 'round, accepted: null }', 'round }'),
    guard('round-change.ts', 'prepared === null\n      ? {}', 'prepared !== undefined\n      ? {}'),
    guard(
      'round-change.ts',
      '({ message }) => message.round === preparedRound && sameBytes(message.root, prepared.root)',
      '() => true',
    ),
    guard(
      'round-change.ts',
      'return highest === null ? own :',
      'return highest === null || own !== null ? own :',
    ),
    guard('round-change.ts', '  if (config.leader(round) !== config.self) return done(instance);\n'),
    guard('round-change.ts', '  if (round <= instance.proposedRound) return done(instance);\n'),
    guard(
      'round-change.ts',
      '  if (round === instance.round && instance.accepted !== null) return done(instance);\n',
    ),
    guard(
      'round-change.ts',
      '  if (round > 1 && countSigners(roundChanges) < config.quorum) return done(instance);\n',
    ),
    guard(
      'round-change.ts',
      'if (countSigners(later) <= config.faulty)',
      'if (countSigners(later) < config.faulty)',
    ),
    guard(
      'round-change.ts',
      'if (countSigners(later) <= config.faulty)',
      'if (later.length <= config.faulty)',
    ),
    guard(
      'round-change.ts',
      'if (countSigners(later) <= config.faulty)',
      'if (countSigners(later) <= config.faulty + 1)',
    ),
    guard('round-change.ts', 'Math.min(...later', 'Math.max(...later'),
    guard('round-change.ts', '  if (invalid !== null) return done(instance, [], invalid);\n'),
    guard(
      'round-change.ts',
      'message.dataRound > 0 && !sameBytes(config.codec.hash(signed.fullData), message.root)',
      'false',
    ),
    guard(
      'round-change.ts',
      "  if (message.round > config.cutOffRound) return done(instance, [], 'round');\n",
    ),
    guard('round-change.ts', '  if (isRepeated(instance.roundChanges, received)) return done(instance);\n'),
    guard(
      'round-change.ts',
      'message.dataRound > 0 ? received : { ...received, signed: withoutFullData(signed) }',
      'received',
    ),
    guard('round-change.ts', 'received.signer === config.self ? [] : [answer]', '[answer]'),
    guard('round-change.ts', 'received.signer === config.self ? [] : [answer]', '[]'),
    guard('round-change.ts', 'if (instance.decided !== null) {', 'if (instance.decided === undefined) {'),

    guard('rules.ts', 'received.message.round > config.cutOffRound || '),
    guard('rules.ts', ' || isRepeated(instance.aside, received)'),
    guard(
      'rules.ts',
      "message.type === 'proposal' && sameBytes(message.root, root);",
      "message.type === 'proposal';",
    ),
    guard('rules.ts', 'instance.own !== null && sameBytes(instance.own.root, root)', 'instance.own !== null'),
    guard('rules.ts', '  if (instance.decided !== null) return done(instance);\n'),
    guard(
      'rules.ts',
      "({ message }) => message.type === 'commit' && sameBytes(message.root, root)",
      "({ message }) => message.type === 'commit'",
    ),
    guard(
      'rules.ts',
      "({ message }) => message.type === 'commit' && sameBytes(message.root, root)",
      '({ message }) => sameBytes(message.root, root)',
    ),
    guard('rules.ts', '(other) => other.message.round === message.round', '() => true'),
    guard('rules.ts', '    if (countSigners(ofRound) < config.quorum) continue;\n'),
    guard(
      'rules.ts',
      'if (countSigners(ofRound) < config.quorum) continue;',
      'if (ofRound.length < config.quorum) continue;',
    ),
    guard('rules.ts', '    if (value === null) return done(instance);\n'),
    guard('rules.ts', 'accepted === null || instance.preparedRound === round', 'accepted === null'),
    guard(
      'rules.ts',
      'instance.prepares.filter(({ message }) => message.round === round)',
      'instance.prepares',
    ),
    guard('rules.ts', '  if (countSigners(prepares) < config.quorum) return done(instance);\n'),
    guard('rules.ts', 'message.round === accepted.message.round && '),
    guard('rules.ts', ' && sameBytes(message.root, accepted.message.root);', ';'),
    guard('rules.ts', "  if (config.leader(message.round) !== signer) return 'not-leader';\n"),
    guard(
      'rules.ts',
      "return sameBytes(config.codec.hash(signed.fullData), message.root) ? null : 'full-data-hash';",
      'return null;',
    ),
    guard('rules.ts', "  if (isPast) return refuse('past-round');\n"),
    guard('rules.ts', '  if (unjustified !== null) return refuse(unjustified);\n'),
    guard(
      'rules.ts',
      "  if (message.round === instance.round && instance.accepted !== null) return refuse('proposal-invalid');\n",
    ),
    guard(
      'rules.ts',
      "return sameBytes(message.root, instance.accepted.message.root) ? null : 'root-differs';",
      'return null;',
    ),
    guard('rules.ts', "  if (message.round !== instance.round) return 'wrong-round';\n"),
    guard('rules.ts', "  if (message.round < instance.round) return 'past-round';\n"),
    guard('rules.ts', '  message.dataRound === 0 &&\n'),
    guard('rules.ts', '  message.roundChangeJustification.length === 0 &&\n'),
    guard('rules.ts', ' &&\n  message.prepareJustification.length === 0;', ';'),
    guard('rules.ts', '  if (isRepeated(instance.prepares, prepare)) return done(instance);\n'),
    guard('rules.ts', '  if (isRepeated(instance.commits, commit)) return done(instance);\n'),
    guard('rules.ts', "reason === 'past-round' || reason === 'root-differs'", "reason === 'root-differs'"),
    guard('rules.ts', "reason === 'past-round' || reason === 'root-differs'", "reason === 'past-round'"),

    guard(
      'certificate.ts',
      '.filter(({ signer }, at) => commits.findIndex((other) => other.signer === signer) === at)\n    ',
    ),
    guard('certificate.ts', '\n    .sort((a, b) => a.signer - b.signer)'),
    guard('certificate.ts', "message.type === 'commit' && "),
    guard('certificate.ts', ' && signed.operators.length >= config.quorum'),
    guard('certificate.ts', "  if (validateSigned(signed) !== null) return 'commit-invalid';\n"),
    guard('certificate.ts', "  if (message.height !== config.height) return 'wrong-height';\n"),
    guard(
      'certificate.ts',
      "  if (signed.operators.some((operator) => !config.committee.includes(operator)))\n    return 'signer-not-in-committee';\n",
    ),
    guard('certificate.ts', "  if (!config.verify(signed)) return 'justification-signature';\n"),
    guard(
      'certificate.ts',
      "return sameBytes(config.codec.hash(signed.fullData), message.root) ? null : 'full-data-hash';",
      'return null;',
    ),
    guard('certificate.ts', '  if (invalid !== null) return done(instance, [], invalid);\n'),
    guard(
      'certificate.ts',
      "  if (!sameBytes(decided.root, message.root)) return done(instance, [], 'certificate-differs');\n",
    ),
    guard(
      'certificate.ts',
      '  if (signed.operators.length <= decided.certificate.operators.length) return done(instance);\n',
    ),

    guard('step.ts', "  if (!config.accepts(bytes)) return done(instance, [], 'value-refused');\n"),
    guard('step.ts', 'round !== instance.round || '),
    guard('step.ts', ' || instance.decided !== null'),
    guard(
      'step.ts',
      "  if (instance.round >= config.cutOffRound) return done(instance, [], 'timeout-stopped');\n",
    ),
    guard(
      'step.ts',
      "  if (instance.round >= config.cutOffRound) return done(instance, [], 'instance-stopped');\n",
    ),
    guard('step.ts', '  if (invalid !== null) return done(instance, [], invalid);\n'),
    guard('step.ts', 'received.message.round < instance.round && instance.decided === null', 'false'),
    guard(
      'step.ts',
      'received.message.round < instance.round && instance.decided === null',
      'received.message.round < instance.round',
    ),
  ],
};
