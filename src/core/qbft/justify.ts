/**
 * Justifications: why a leader may propose this value in a round after the first (arXiv 2002.03613, algorithm 4; SSV spec).
 *
 * The locked-value rule lives here. If a quorum may have committed a value, every quorum of round changes contains one from
 * an honest operator that prepared it; the proposal must then carry the value of the highest prepared round among its round
 * changes, with the quorum of prepares that proves that round. Unlike the SSV spec, prepared round changes of lower rounds may
 * hold other values (as in the paper): two honest operators may well have prepared different values in different rounds.
 */
import type { ErrorName } from '../wire/errors.ts';
import { isWireError } from '../wire/errors.ts';
import type { QbftConfig } from './config.ts';
import { checkEnvelope, openElement, type Received, sameBytes } from './message.ts';
import { countSigners } from './quorum.ts';

/** Prepares of one round and root, signatures included. */
const checkPrepares = (
  config: QbftConfig,
  elements: readonly Uint8Array[],
  round: number,
  root: Uint8Array,
): ErrorName | null => {
  const prepares: Received[] = [];
  for (const element of elements) {
    const prepare = openElement(config, element);
    if (isWireError(prepare)) return prepare.name;
    if (prepare.message.type !== 'prepare') return 'message-type';
    if (prepare.message.round !== round) return 'wrong-round';
    const invalid = checkEnvelope(config, prepare);
    if (invalid !== null) return invalid;
    if (!sameBytes(prepare.message.root, root)) return 'root-differs';
    if (!config.verify(prepare.signed)) return 'justification-signature';
    prepares.push(prepare);
  }
  return countSigners(prepares) >= config.quorum ? null : 'no-prepare-quorum';
};

/** A round change on its own: its sender, and proof of what it says was prepared. Its signature is the caller's to check. */
export const checkRoundChange = (config: QbftConfig, received: Received, round: number): ErrorName | null => {
  const { message } = received;
  if (message.type !== 'round-change') return 'message-type';
  if (message.round !== round) return 'wrong-round';
  const invalid = checkEnvelope(config, received);
  if (invalid !== null) return invalid;
  if (message.dataRound === 0) return null;
  if (message.dataRound >= round) return 'prepared-round';
  return checkPrepares(config, message.roundChangeJustification, message.dataRound, message.root);
};

/** The one with the highest prepared round; null where none has prepared anything. */
export const highestPrepared = (roundChanges: readonly Received[]): Received | null => {
  let highest: Received | null = null;
  for (const roundChange of roundChanges) {
    if (roundChange.message.dataRound > (highest?.message.dataRound ?? 0)) highest = roundChange;
  }
  return highest;
};

/** The justification of a proposal whose sender, leadership and full data have been checked. */
export const checkJustification = (config: QbftConfig, proposal: Received): ErrorName | null => {
  const { message, signed } = proposal;
  if (!config.accepts(signed.fullData)) return 'value-refused';
  if (message.round === 1) return null;

  const roundChanges: Received[] = [];
  for (const element of message.roundChangeJustification) {
    const roundChange = openElement(config, element);
    if (isWireError(roundChange)) return roundChange.name;
    const invalid = checkRoundChange(config, roundChange, message.round);
    if (invalid !== null) return invalid;
    if (!config.verify(roundChange.signed)) return 'justification-signature';
    roundChanges.push(roundChange);
  }
  if (countSigners(roundChanges) < config.quorum) return 'no-round-change-quorum';

  const highest = highestPrepared(roundChanges);
  if (highest === null) return null;
  // The proof below is of this root too, so each of the two checks would hold alone; the rule is worth two.
  if (!sameBytes(highest.message.root, message.root)) return 'locked-value';
  const invalid = checkPrepares(
    config,
    message.prepareJustification,
    highest.message.dataRound,
    message.root,
  );
  return invalid === null || invalid === 'no-prepare-quorum' ? invalid : 'prepares-invalid';
};
