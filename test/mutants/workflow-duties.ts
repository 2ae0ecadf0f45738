/**
 * Mutants of the workflow's hands: what is recorded before it is signed, what is said, when, and for whom.
 */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is text of the source, looked for as it stands.
import type { Mutant } from './room.ts';

const guardsOf =
  (file: string) =>
  (find: string, replace = ''): Mutant => ({ file: `src/workflow/${file}`, find, replace });
const consensus = guardsOf('consensus.ts');
const duties = guardsOf('duties.ts');
const shares = guardsOf('shares.ts');
const byRoot = guardsOf('../core/by-root.ts');
const sign = guardsOf('sign.ts');
const reminders = guardsOf('reminders.ts');
const batch = guardsOf('batch.ts');
const outbox = guardsOf('outbox.ts');
const speech = guardsOf('speech.ts');
const join = guardsOf('join-instances.ts');
const voices = guardsOf('voices.ts');
const rounds = guardsOf('round-clock.ts');
const latecomers = guardsOf('latecomers.ts');
const gate = guardsOf('history/gate.ts');
const whole = guardsOf('workflow.ts');

const consensusMutants: readonly Mutant[] = [
  consensus("    if (from !== leader(message.round)) return 'reject';\n"),
  consensus("    accepts: (value) => judge(value).type === 'acceptable',", '    accepts: () => true,'),
  consensus('vouched: voices.isVouched(value)', 'vouched: true'),
  consensus('      forbidden: hooks.forbidden,', '      forbidden: () => false,'),
  consensus("      if (equalBytes(accepted.root, message.root)) return 'ignore';\n"),
  consensus('if (accepted?.round === message.round) {', 'if (false) {'),
  consensus("    if (parked.has(message.round)) return 'ignore';\n"),
  consensus("if (verdict.type !== 'pending') return take(signed);", 'return take(signed);'),
  consensus("if (verdict.type === 'pending') continue;"),
  consensus("    return instance === before ? 'ignore' : 'accept';", "    return 'accept';"),
  consensus("    if (certificate.operators.length < committee.quorum) return 'ignore';\n"),
  consensus("    if (decided !== null) return 'ignore';\n    const certificate", '    const certificate'),
  consensus("verdict.type === 'unacceptable' || !voices.hint(from, value)", '!voices.hint(from, value)'),
  consensus(
    "if (verdict.type === 'unacceptable' || !voices.hint(from, value)) return 'ignore';",
    "if (verdict.type === 'unacceptable') return 'ignore';\n    voices.hint(from, value);",
  ),
  consensus(' || message.round > cutOffRound'),
  consensus("      if (decided !== null && message.type !== 'round-change') return 'ignore';\n"),
  consensus("decided !== null && message.type !== 'round-change'", 'decided !== null'),
  consensus("verdict === 'accept' && message.type !== 'round-change'", "message.type !== 'round-change'"),
  consensus(' || !mayLeaderPropose()'),
  consensus('!isWaitingForProposal() || !hasSomethingToPropose()', '!isWaitingForProposal()'),
  consensus("    if (cause === 'silence' && !isWaitingForProposal()) return;\n"),
  consensus('    if (isOverdue) return;\n'),
  consensus('if (isOverdue && isWorthwhile()) {', 'if (false) {'),
  consensus('own !== null || voices.areEnough();', 'true;'),
  consensus('duty.validator === null ? 0 : startedMs + patienceMs', '0'),
  consensus('own === null && decided === null ? voices', 'decided === null ? voices'),
  consensus('if (own !== null || stopped) return;', 'if (stopped) return;'),
  consensus(
    '      if (decided === null) return hearHint(from, payload);\n',
    '      return hearHint(from, payload);\n',
  ),
  consensus('if (stopped || !isWaitingForProposal() || (leader', 'if (stopped || (leader'),
];

const dutiesMutants: readonly Mutant[] = [
  duties('`${key.committee}/${dutyName(key)}`', 'dutyName(key)'),
  duties('committee === undefined || !mayStart(key, from) ?', 'committee === undefined ?'),
  duties('    if (key.validator === null) return true;\n'),
  duties('clock.at(endMs + 2 * clockToleranceMs, () => end(duty))', 'clock.at(endMs, () => end(duty))'),
  duties('    if (duty.asked.size === 0) return false;\n'),
  duties('item === null || !isSlashable(item)) return false', 'item === null) return false'),
  duties(
    "report({ type: 'fault', where: 'read slashing protection', why: String(cause) });\n      return true;",
    "report({ type: 'fault', where: 'read slashing protection', why: String(cause) });\n      return false;",
  ),
  duties('if (duty.asked.has(validator.key) || validator', 'if (validator'),
  duties(' || validator.committee !== duty.committee.id) return;', ') return;'),
  duties('    if (duty.key.validator !== null && duty.key.validator !== validator.key) return;\n'),
  duties('      for (const duty of running.values()) duty.consensus.stop();\n'),
  duties('duty.asked.set(validator.key, signable);'),
];

const sharesMutants: readonly Mutant[] = [
  shares('    if (refusal !== null) return refusal;\n'),
  shares('    if (item === null) return null;\n', '    if (item === null || true) return null;\n'),
  shares("    if (closed !== null) return { type: 'not-ready', detail: closed };\n"),
  shares("    if (verdict.type === 'slashable') {", '    if (false) {'),
  shares(
    "      return {\n        type: 'not-ready',\n        detail: 'slashing protection could not be written; see the log for the cause',\n      };",
    '      return null;',
  ),
  shares('      if (known !== undefined) return known.outcome;\n'),
  shares(
    "if (result?.type === 'signer-failed' || result?.type === 'not-ready')",
    "if (result?.type === 'not-ready')",
  ),
  shares(
    "if (result?.type === 'signer-failed' || result?.type === 'not-ready')",
    "if (result?.type === 'signer-failed')",
  ),
  shares('ofKind.get(slot);', 'ofKind.get(0 as Slot);'),
  shares('?.get(slot)?.find(', '?.values().next().value?.find('),
  byRoot('.find((item) => item.root === root)', '.at(0)'),
  byRoot('.filter((other) => other !== item)', '.filter(() => true)'),
  shares(' || made.answered.has(reminder)'),
  shares('`${asker}/${attempt}`;', '`${asker}`;'),
  shares('attempts.asksUntil + made.answered.size', 'attempt'),
  shares("one.fail(new Error('slashing protection gave no verdict'))", "one.settle({ type: 'safe' })"),
  shares('timeout.abort(\n'.replace('\n', ''), 'void ('),
];

const signMutants: readonly Mutant[] = [
  sign('if (!equalBytes(value, own)) return decidedOtherwise;'),
  sign('earlier !== null && !equalBytes(earlier.value, own)', 'false'),
  sign("if (policy.type === 'refused')", 'if (false)'),
  sign('validator === undefined || !validator.shares.has(keys.self)', 'validator === undefined'),
  sign("      if (outcome?.type === 'slashable') throw outcome;\n"),
  sign("verdict.type === 'unacceptable' ? { type: 'refused-by-policy', detail: verdict.why } : null", 'null'),
  sign('      exchange.noteOwn(validator, signable);\n'),
  sign('    if (closed !== null) return closed;\n    if (signable', '    if (signable'),
  sign('      watched();\n'),
];

const remindersMutants: readonly Mutant[] = [
  reminders('      shares.remind(validator, kind, slot, root, asked);\n'),
  reminders("outlook !== 'enough' && "),
  reminders(' && !isPatient'),
  reminders(' && clock.now() < startedMs + patienceMs'),
  reminders('      asked += 1;\n', '      asked = 1;\n'),
  reminders('    if (asked < timesMax) cancel', '    cancel'),
  reminders('return () => cancel();', 'return () => {};'),
];

const batchMutants: readonly Mutant[] = [
  batch('isBurst && hold?.isOn() === true', 'hold?.isOn() === true'),
  batch('isBurst && hold?.isOn() === true', 'isBurst && hold !== undefined'),
  batch('lastDelayMs > 0 || waiting.length >= burstFrom', 'waiting.length >= burstFrom'),
  batch('lastDelayMs > 0 || waiting.length >= burstFrom', 'lastDelayMs > 0'),
  batch('sinceMs + (hold?.maxMs ?? 0)', 'Number.POSITIVE_INFINITY'),
  batch('    isHeld = false;\n'),
  batch('if (isHeld) flush();', 'flush();'),
  outbox('if (expected === 0) for', 'for'),
  outbox('        expected -= 1;\n'),
  shares('      isOver();\n'),
];

const speechMutants: readonly Mutant[] = [
  speech("if (state === 'untried') state = await joinOrSilence();", "state = 'fresh';"),
  speech("if (state === 'spoken' || stopped) return;", "if (state === 'spoken') return;"),
  speech("if (state === 'spoken' || stopped) return;", 'if (stopped) return;'),
  speech("      return 'spoken';\n    }\n  };", "      return 'fresh';\n    }\n  };"),
  speech(
    '      speaking = speaking\n        .then(() => speak',
    '      void speaking\n        .then(() => speak',
  ),
  join(
    '        if (one === undefined) fail',
    "        if (one === undefined) settle('fresh'); else if (false) fail",
  ),
  join(
    '      for (const { fail } of waiting) fail(cause);',
    "      for (const { settle } of waiting) settle('fresh');",
  ),
];

const voicesMutants: readonly Mutant[] = [
  voices('voicesFor(toHex(digest(value))) > faulty', 'voicesFor(toHex(digest(value))) > 0'),
  voices('      if (hints.has(operator)) return false;\n'),
  voices('    if (count >= rootsMax) return;\n'),
  voices('everyone.size > faulty', 'everyone.size > 0'),
  voices('      if (all.length <= faulty) return null;\n'),
  voices('all.filter((other) => other.root === root).length > faulty)', 'true)'),
  voices('if (!isShared) for (const', 'for (const'),
  voices('all[round % all.length]', 'all[0]'),
  voices('[...hints].sort(([a], [b]) => a - b)', '[...hints]'),
];

const timeMutants: readonly Mutant[] = [
  rounds('Math.max(deadlineMs, clock.now() + roundMsMin)', 'deadlineMs'),
  rounds('    if (round === 0) return;\n'.trimStart(), ''),
  rounds('      if (atMs >= softAtMs) return;\n'),
  rounds('silentMs * Math.min(round, 4)', 'silentMs'),
  rounds('      stop();\n      round = next;', '      round = next;'),
  rounds('      cancelSoft?.();\n      softAtMs = atMs;', '      softAtMs = atMs;'),
  latecomers('count >= timesMax || '),
  latecomers(' || clock.now() < sentMs + everyMs'),
  latecomers('number: sent, payload', 'number: 1, payload'),
  gate('      if (halt !== null) return halt;\n'),
  gate("      if (signable.type !== 'attestation' && signable.type !== 'block') return null;\n"),
  gate(
    '      while (halt === null && whyClosed(validator) !== null && clock.now() < untilMs) await changed(untilMs);\n',
  ),
  gate('    whyClosed(validator) ??\n'),
  gate('    halt ??\n'),
  gate('    belowFloor(floors.get(everyone), signable) ??\n'),
  gate(' ??\n    belowFloor(floors.get(validator.key), signable);', ';'),
  gate('signable.vote.target.epoch <= floor.epoch', 'signable.vote.target.epoch < floor.epoch'),
  gate('signable.slot <= floor.slot', 'signable.slot < floor.slot'),
  gate('if (why !== null) return why ?? notBegun;', 'if (why !== null) return why ?? null;'),
  gate(', validators.get(committee)?.get(key)]', ']'),
  gate('halt ??= why;', 'halt = why;'),
  gate('Math.max(known.epoch, next.epoch)', 'next.epoch'),
  gate('Math.max(known.slot, next.slot)', 'next.slot'),
  whole("(stopped ? 'ignore' : inbox.receive(message))", '(inbox.receive(message))'),
  whole(
    '      if (!stopped) gossip.publish(committee, message);',
    '      gossip.publish(committee, message);',
  ),
  whole('      stopped\n        ? Promise', '      false\n        ? Promise'),
];

export const dutyMutants: readonly Mutant[] = [
  ...consensusMutants,
  ...dutiesMutants,
  ...sharesMutants,
  ...signMutants,
  ...remindersMutants,
  ...batchMutants,
  ...speechMutants,
  ...voicesMutants,
  ...timeMutants,
];
