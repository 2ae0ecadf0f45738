/**
 * Mutants of the workflow's ears: what peers may send, what is kept of it, and what is signed for them.
 */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is text of the source, looked for as it stands.
import type { Mutant } from './room.ts';

const guardsOf =
  (file: string) =>
  (find: string, replace = ''): Mutant => ({ file: `src/workflow/${file}`, find, replace });
const inbox = guardsOf('inbox.ts');
const address = guardsOf('address.ts');
const partials = guardsOf('partials.ts');
const combining = guardsOf('combining.ts');
const passive = guardsOf('passive.ts');
const exchange = guardsOf('exchange.ts');
const verified = guardsOf('verified.ts');
const fault: (find: string, replace?: string) => Mutant = (find, replace = '') => ({
  file: 'src/core/qbft/fault.ts',
  find,
  replace,
});

const inboxMutants: readonly Mutant[] = [
  inbox("message.type === 'proposal' || message.type === 'round-change' ?", "message.type === 'proposal' ?"),
  inbox("message.type === 'proposal' || message.type === 'round-change' ? urgent : accept", 'accept'),
  inbox("message.type === 'proposal' || message.type === 'round-change' ? urgent : accept", 'urgent'),
  inbox('    if (from !== undefined) ports.heard(from);\n'),

  inbox('    const invalid = validateSigners(signed);\n    if (invalid !== null) return invalid;\n'),
  inbox('signed.operators.some((operator) => !addressee.committee.operators.includes(operator))', 'false'),
  inbox(
    "    if (signed.signatures.some((signature) => signature.length !== 256)) return 'signature-length';\n",
  ),
  inbox(
    "    if (signed.operators.includes(keys.self) && signed.operators.length === 1) return 'our own operator id';\n",
  ),
  inbox(' && signed.operators.length === 1) return', ') return'),
  inbox('      ports.suspect(signed, verdict.addressee);\n'),
  inbox(
    '    if (!hearsAll && !verdict.addressee.committee.operators.includes(keys.self)) return nothingNew;\n',
  ),
  inbox('    if (malformed !== null) return reject(malformed);\n'),
  inbox("    if (duty === null) return reject('not a duty');\n"),
  inbox("    if (window.type !== 'open') return ignore(window.type);\n"),
  inbox(
    "    if (!ports.verify(signed, duty.slot)) return reject('bad-operator-signature');\n    const [from] = signed.operators;\n",
    '    const [from] = signed.operators;\n',
  ),
  inbox(
    "    if (!ports.verify(signed, slot)) return reject('bad-operator-signature');\n    noteYs(",
    '    noteYs(',
  ),
  inbox(
    "    if (!ports.verify(signed, slot)) return reject('bad-operator-signature');\n    if (!isDecidedRole(kind))",
    '    if (!isDecidedRole(kind))',
  ),
  inbox(
    "    if (running === null) return ignore('too many duties of this slot');\n    const verdict =",
    '    if (running === null) throw new Error();\n    const verdict =',
  ),
  inbox(
    "    if (running === null) return ignore('too many duties of this slot');\n    const verdicts =",
    '    if (running === null) throw new Error();\n    const verdicts =',
  ),
  inbox("return window.type === 'open' ? accept : ignore(`${kind} ${window.type}`);", 'return accept;'),
  inbox(
    '    const invalid = validatePartialsFor(message, from);\n    if (invalid !== null) return reject(invalid);\n',
  ),
  inbox("    if (message.messages.length > partialsPerMessageMax) return reject('too many partials');\n"),
  inbox('slot === null || !areYs(message.messages, signed.fullData)', 'slot === null'),
  inbox('    noteYs(message.messages, signed.fullData);\n'),
  inbox('      if (!isDecidedRole(kind) && !exchange.isKnown(kind, slot, root)) continue;\n'),
  inbox(
    'if (validator === undefined || !validator.shares.has(from)) continue;\n      const root',
    'if (validator === undefined) continue;\n      const root',
  ),
  inbox(
    'if (validator === undefined || !validator.shares.has(from)) continue;\n      const refusal',
    'if (validator === undefined) continue;\n      const refusal',
  ),
  inbox("if (result === 'over-limit') {", 'if (false) {'),
  inbox("if (result === 'stored') stored += 1;", 'stored += 1;'),
  inbox('const isReminder = attempt > 0 && ', 'const isReminder = '),
  inbox('attempt > 0 && attempt <= attempts.asksUntil', 'attempt > 0'),
  inbox('stored > 0 || answered > 0 ?', 'stored > 0 ?'),
  inbox("(kind !== 'registration' && !isDecidedRole(kind))", 'false'),
  inbox('slot === null || signed.fullData.length > 0 || (kind', 'slot === null || (kind'),
  inbox('hint.items.length === 0 || '),
  inbox(' || hint.items.length > hintsPerDuty'),
  inbox(
    "    if (hint.items.some(({ payload }) => payload.length > hintBytesMax))\n      return reject('a hint that is too long');\n",
  ),
  inbox("return verdicts.includes('accept') ? accept : nothingNew;", 'return accept;'),
  inbox("    if (signed.operators.length !== 1) return reject('one-signer-only');\n"),
  inbox(
    "        report({ type: 'fault', where: 'judge a message of a peer', why: String(fault) });\n        return 'ignore';",
    '        throw fault;',
  ),
];

const faultMutants: readonly Mutant[] = [
  fault(
    "  if (!equalBytes(message.identifier, signed.message.id)) return 'the identifier is of another duty';\n",
  ),
  fault("  if (signed.fullData.length > valueBytesMax) return 'the value is too long';\n"),
  fault('signed.fullData.length > valueBytesMax', 'signed.fullData.length >= valueBytesMax'),
  fault('hasValue && !equalBytes(digest(signed.fullData), message.root)', 'false'),
  fault("  if (signed.operators.length > 1 && !isCertificate) return 'one-signer-only';\n"),
  fault("message.type === 'commit' && signed.operators.length > 1;", 'signed.operators.length > 1;'),
  fault("return hasValue ? null : 'a proposal without its value';", 'return null;'),
  fault("      if (!isBare) return 'a ballot that carries a justification';\n"),
  fault('    message.dataRound === 0 &&\n'),
  fault(
    'message.roundChangeJustification.length + message.prepareJustification.length',
    'message.prepareJustification.length',
  ),
  fault(
    'message.roundChangeJustification.length + message.prepareJustification.length',
    'message.roundChangeJustification.length',
  ),
  fault("hasValue === isCertificate ? null : 'a ballot", "true ? null : 'a ballot"),
  fault(
    "      if (message.dataRound >= message.round) return 'a round change that was prepared in its own future';\n",
  ),
  fault('message.dataRound >= message.round', 'message.dataRound > message.round'),
  fault("return hasValue ? null : 'a prepared round change without its value';", 'return null;'),
  fault('return hasValue || !isBare ||', 'return hasValue ||'),
  fault(' || !isZero(message.root)'),
];

const addressMutants: readonly Mutant[] = [
  address(
    "    if (!equalBytes(id.domain, domain)) return { type: 'foreign', why: 'of another network or version' };\n",
  ),
  address("    if (role === null) return { type: 'foreign', why: `of an unknown role ${id.role}` };\n"),
  address(
    "    if (executor.type === 'validator' && validator === undefined)\n      return { type: 'foreign', why: 'of an unknown validator' };\n",
  ),
  address("    if (committee === undefined) return { type: 'foreign', why: 'of an unknown committee' };\n"),
  address('    if (bare[0] === 0) bare.fill(0, attemptAt - executorAt, 16);\n'),
  address('  if (!isDecidedRole(role)) return null;\n'),
  address('  if (isCommittees !== (validator === null)) return null;\n'),
  address('return isDecidedRole(role) ? role : null;', 'return role as SignableType;'),
  address('  return roleOf(type) === role ? type : null;', '  return type;'),
];

const partialsMutants: readonly Mutant[] = [
  partials("      if (isOverLimit(place, kind, validator.key, root, operator)) return 'over-limit';\n"),
  partials('other !== root && (', '('),
  partials('(partials.has(operator) || bad.has(operator))', 'partials.has(operator)'),
  partials("      if (entry.partials.has(operator) || entry.bad.has(operator)) return 'known';\n"),
  partials('entry.partials.has(operator) || entry.bad.has(operator)', 'entry.bad.has(operator)'),
  partials(' || entry.bad.has(operator)'),
  combining('entry.partials.size >= quorumOf(registry, entry.validator);', 'true;'),
  combining('    entry.wanted &&\n    !entry', '    !entry'),
  combining('    !entry.combining &&\n'),
  combining('    entry.signature === null &&\n'),
  combining('    for (const operator of result.bad) {', '    for (const operator of [] as OperatorId[]) {'),
  combining('    if (entry.faults < faultsMax) clock.at', '    clock.at'),
  combining('    if (entry.faults < faultsMax) clock.at', '    if (false) clock.at'),
  combining(
    '      if ([...entry.partials.keys()].some((operator) => !tried.has(operator))) combine(entry);\n',
  ),
  combining(
    "if (result === undefined) fail(entry, 'the combiner gave no answer');",
    'if (result === undefined) {}',
  ),
  combining('wanted < burstEntries || awaited', 'awaited'),
  combining('wanted < burstEntries || awaited.size === 0', 'wanted < burstEntries'),
  combining('isLast || gathered.length >= company.count', 'isLast'),
  combining('isLast || gathered.length >= company.count', 'gathered.length >= company.count'),
  combining('    entry.bucket.awaited.delete(entry);\n'),
  combining('      if (entry.waiting.size > 0) entry.bucket.awaited.set(entry, clock.now());\n'),
  partials('          if (entry.waiting.size === 0) entry.bucket.awaited.delete(entry);\n'),
  partials('        if (!entry.combining) entry.bucket.awaited.set(entry, clock.now());\n'),
  partials('[place, place - 1, place + 1]', '[place]'),
  partials('find(kind, slot, validator.key, root)?.bucket ?? bucket;', 'bucket;'),
  partials('clock.at(endMs, () => ofKind.delete(place));'),
];

const passiveMutants: readonly Mutant[] = [
  passive('    if (others.length < count) return false;\n'),
  passive('good.filter(Boolean).length >= count', 'true'),
  passive('good.filter(Boolean).length >= count', 'good.length >= count'),
  passive('      if (good[at] === true) return;\n      entry.bad', '      return;\n      entry.bad'),
  passive('duty.committee.faulty + 1', '1'),
  passive('isBacked = !isSlashable', 'isBacked = true'),
  passive('isBacked = !isSlashable', 'isBacked = false'),
  passive("signable.type === 'attestation' || signable.type === 'block'", "signable.type === 'attestation'"),
  passive("signable.type === 'attestation' || signable.type === 'block'", "signable.type === 'block'"),
  passive('    if (busy.has(entry)) return void again.add(entry);\n'),
  passive('return void again.add(entry)', 'return'),
  passive('if (entry === null || entry.partials.has(keys.self)) continue;', 'if (entry === null) continue;'),
];

const exchangeMutants: readonly Mutant[] = [
  exchange('derive(kind, slot).some(({ roots }) => roots.signingRoot === root)', 'true'),
  exchange('find(({ roots }) => roots.signingRoot === root)', 'find(() => true)'),
  exchange(
    'match === undefined || !isWithinBudget(from, kind, slot, validator, root)',
    'match === undefined',
  ),
  exchange('!asked.has(root) && asked.size >= proofsPerEpoch', 'false'),
  exchange('!asked.has(root) && asked.size', 'asked.size'),
  exchange('`${from}/${validator.key}/${epochOf', '`${validator.key}/${epochOf'),
  exchange('`${from}/${validator.key}/${epochOf', '`${from}/${epochOf'),
  exchange('${validator.key}/${epochOf(network, slot)}`', '${validator.key}`'),
  exchange("      if (policy.type === 'refused') return policy.why;\n"),
  exchange('count >= registrationsPerOperator', 'false'),
  exchange('feeRecipient !== null || own?.feeRecipient === registration.feeRecipient', 'true'),
  exchange('gasLimit !== null || own?.gasLimit === registration.gasLimit', 'true'),
  exchange('if (isOurChoice(validator, registration)) return sign', 'if (true) return sign'),
  exchange('        if (isOurChoice(validator, one.registration)) sign', '        sign'),
  exchange('      early.delete(validator.key);\n      for', '      for'),
  exchange('waiting.length >= registrationsPerOperator * validator.shares.size', 'false'),
  exchange('  if (payload.length !== 84) return null;\n'),
  exchange('  if (timestamp > BigInt(Number.MAX_SAFE_INTEGER)) return null;\n'),
];

const verifiedMutants: readonly Mutant[] = [
  verified('    if (!keys.verify(operator, data, signature, slot)) return false;\n'),
  verified(
    '          Uint8Array.of(operator & 0xff, (operator >> 8) & 0xff, (operator >> 16) & 0xff, operator >>> 24),\n',
  ),
  verified('          signature,\n          data,\n', '          signature,\n'),
  verified('          signature,\n          data,\n', '          data,\n'),
  verified('signed.operators.length === 0 || '),
  verified('if (good.size >= rememberedMax && oldest !== undefined) good.delete(oldest);'),
];

export const messageMutants: readonly Mutant[] = [
  ...inboxMutants,
  ...faultMutants,
  ...addressMutants,
  ...partialsMutants,
  ...passiveMutants,
  ...exchangeMutants,
  ...verifiedMutants,
];
