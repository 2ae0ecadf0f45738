/**
 * Mutants of the workflow: what peers may send, what is recorded before it is signed, whom we lend our share to.
 */
import type { MutantRoom } from './room.ts';

const guard = (
  file: string,
  find: string,
  replace = '',
): { file: string; find: string; replace: string } => ({
  file: `src/workflow/${file}`,
  find,
  replace,
});

export const workflow: MutantRoom = {
  name: 'workflow',
  copies: ['src', 'test/workflow', 'test/simulation', 'test/fakes'],
  commands: [
    ['--test', 'test/workflow/*.test.ts'],
    ['test/simulation/world/main.ts', '--worlds', '60', '--seed', '1'],
  ],
  mutants: [
    guard(
      'inbox.ts',
      '    const invalid = validateSigners(signed);\n    if (invalid !== null) return invalid;\n',
    ),
    guard(
      'inbox.ts',
      'signed.operators.some((operator) => !addressee.committee.operators.includes(operator))',
      'false',
    ),
    guard(
      'inbox.ts',
      "if (signed.signatures.some((signature) => signature.length !== 256)) return 'signature-length';",
    ),
    guard(
      'inbox.ts',
      "if (signed.operators.includes(keys.self) && signed.operators.length === 1) return 'our own operator id';",
    ),
    guard('inbox.ts', "    if (window.type !== 'open') return ignore(window.type);\n"),
    guard(
      'inbox.ts',
      "    if (!ports.verify(signed)) return reject('bad-operator-signature');\n    const running = duties.join(duty);\n    if (running === null) return ignore('too many duties of this slot');\n    const verdict",
      "    const running = duties.join(duty);\n    if (running === null) return ignore('too many duties of this slot');\n    const verdict",
    ),
    guard(
      'inbox.ts',
      "    if (!ports.verify(signed)) return reject('bad-operator-signature');\n    return storePartials",
      '    return storePartials',
    ),
    guard(
      'inbox.ts',
      "    if (!ports.verify(signed)) return reject('bad-operator-signature');\n    if (!isDecidedRole(kind))",
      '    if (!isDecidedRole(kind))',
    ),
    guard(
      'inbox.ts',
      "return window.type === 'open' ? accept : ignore(`${kind} ${window.type}`);",
      'return accept;',
    ),
    guard(
      'inbox.ts',
      '    const invalid = validatePartialsFor(message, from);\n    if (invalid !== null) return reject(invalid);\n',
    ),
    guard(
      'inbox.ts',
      "    if (message.messages.length > partialsPerMessageMax) return reject('too many partials');\n",
    ),
    guard(
      'inbox.ts',
      "kind === null || slot === null || signed.fullData.length > 0)\n      return reject('partials",
      "kind === null || slot === null)\n      return reject('partials",
    ),
    guard('inbox.ts', "(kind !== 'registration' && !isDecidedRole(kind))", 'false'),
    guard('inbox.ts', 'hint.items.length === 0 || ', ''),
    guard('inbox.ts', ' || hint.items.length > hintsPerDuty', ''),
    guard(
      'inbox.ts',
      "    if (verdicts.includes('reject')) return reject(`hint refused (${dutyName(duty)})`);\n",
    ),
    guard('inbox.ts', "    if (signed.operators.length !== 1) return reject('one-signer-only');\n"),
    guard(
      'address.ts',
      "    if (!equalBytes(id.domain, domain)) return { type: 'foreign', why: 'of another network or version' };\n",
    ),
    guard('address.ts', '  if (isCommittees !== (validator === null)) return null;\n'),
    guard('address.ts', '  return roleOf(type) === role ? type : null;', '  return type;'),
    guard(
      'partials.ts',
      "if (!roots.has(root) && roots.size >= rootsPerOperator[kind]) return 'over-limit';",
    ),
    guard('partials.ts', "if (entry.partials.has(operator) || entry.bad.has(operator)) return 'known';"),
    guard('partials.ts', '    if (entry.partials.size < quorumOf(entry.validator)) return;\n'),
    guard('passive.ts', 'if (others.length < count) return false;\n'),
    guard('passive.ts', 'good.filter(Boolean).length >= count', 'true'),
    guard('passive.ts', 'duty.committee.faulty + 1', '1'),
    guard('passive.ts', '      if (isSlashable && !(await isBackedBy(entry, enough))) return;\n'),
    guard('shares.ts', '    if (refusal !== null) return refusal;\n'),
    guard(
      'shares.ts',
      '    if (item === null) return null;\n',
      '    if (item === null || true) return null;\n',
    ),
    guard('shares.ts', '    if (known !== undefined) return known;\n'),
    guard('speech.ts', '      if (!maySpeak()) return;\n'),
    guard('voices.ts', 'voicesFor(toHex(digest(value))) > faulty', 'voicesFor(toHex(digest(value))) > 0'),
    guard('voices.ts', '      if (hints.has(operator)) return;\n'),
    guard('voices.ts', 'if (same.length > faulty) return value;', 'return value;'),
    guard('consensus.ts', "    if (from !== leader(message.round)) return 'reject';\n"),
    guard('consensus.ts', 'certificate.operators.length < committee.quorum', 'false'),
    guard('consensus.ts', ' || !mayLeaderPropose()', ''),
    guard(
      'consensus.ts',
      "    accepts: (value) => judge(value).type === 'acceptable',",
      '    accepts: () => true,',
    ),
    guard('sign.ts', 'if (!equalBytes(value, proposedValue(signable))) return decidedOtherwise;'),
    guard('sign.ts', "if (policy.type === 'refused')", 'if (false)'),
    guard('verified.ts', '    if (!keys.verify(operator, data, signature)) return false;\n'),
    guard('exchange.ts', 'roots.signingRoot === root', 'true'),
    guard('exchange.ts', "    if (policy.type === 'refused') return policy.why;\n", ''),
    guard('exchange.ts', 'count >= registrationsPerOperator', 'false'),
  ],
};
