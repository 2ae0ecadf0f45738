/**
 * Leaving a round, and proposing in the next one (arXiv 2002.03613, algorithms 2 and 3).
 */
import { withoutFullData } from '../wire/signed.ts';
import type { QbftConfig } from './config.ts';
import { checkRoundChange, highestPrepared } from './justify.ts';
import { createMessage, type Received, sameBytes } from './message.ts';
import { countSigners } from './quorum.ts';
import { done, type Instance, isRepeated, type Step, type Value } from './state.ts';

const none = new Uint8Array(0);

const encodeAll = (config: QbftConfig, messages: readonly Received[]): readonly Uint8Array[] =>
  messages.map((received) => config.codec.encode(withoutFullData(received.signed)));

/** Enters a later round and says so to all, with proof of what was prepared last. */
export const enterRound = (config: QbftConfig, instance: Instance, round: number): Step => {
  const { prepared, preparedRound } = instance;
  const proof =
    prepared === null
      ? {}
      : {
          root: prepared.root,
          dataRound: preparedRound,
          roundChangeJustification: encodeAll(
            config,
            instance.prepares.filter(
              ({ message }) => message.round === preparedRound && sameBytes(message.root, prepared.root),
            ),
          ),
        };
  const message = createMessage(config, 'round-change', round, proof);
  return done({ ...instance, round, accepted: null }, [
    { type: 'broadcast', message, fullData: prepared?.bytes ?? none },
    { type: 'timer', round },
  ]);
};

/** What the leader of a later round must propose: the highest prepared value, else its own. null: it must wait. */
const valueToPropose = (roundChanges: readonly Received[], own: Value | null): Value | null => {
  const highest = highestPrepared(roundChanges);
  return highest === null ? own : { bytes: highest.signed.fullData, root: highest.message.root };
};

/**
 * Proposes in `round` if that is ours to do and everything for it is there. Tried again with each new round change and when
 * our own value comes, unlike in SSV, where a leader that cannot propose at the first quorum never does.
 *
 * A prepared value is proposed even if we would not accept it ourselves: a quorum did, and it may be decided already.
 */
export const tryPropose = (config: QbftConfig, instance: Instance, round: number): Step => {
  if (config.leader(round) !== config.self) return done(instance);
  if (round <= instance.proposedRound) return done(instance);
  // Also true for a proposal that we made before we lost our state: still only one per round.
  if (round === instance.round && instance.accepted !== null) return done(instance);

  const roundChanges = instance.roundChanges.filter(({ message }) => message.round === round);
  if (round > 1 && countSigners(roundChanges) < config.quorum) return done(instance);
  const value = valueToPropose(roundChanges, instance.own);
  if (value === null) return done(instance);

  const message = createMessage(config, 'proposal', round, {
    root: value.root,
    roundChangeJustification: round === 1 ? [] : encodeAll(config, roundChanges),
    prepareJustification: highestPrepared(roundChanges)?.message.roundChangeJustification ?? [],
  });
  return done({ ...instance, proposedRound: round }, [{ type: 'broadcast', message, fullData: value.bytes }]);
};

/** f + 1 operators are in later rounds, so an honest one is: join the earliest of these rounds. */
const tryCatchUp = (config: QbftConfig, instance: Instance): Step => {
  const later = instance.roundChanges.filter(({ message }) => message.round > instance.round);
  if (countSigners(later) <= config.faulty) return done(instance);
  return enterRound(config, instance, Math.min(...later.map(({ message }) => message.round)));
};

/** Algorithm 3, and an answer to those who do not know yet that it is decided. */
export const onRoundChange = (config: QbftConfig, instance: Instance, received: Received): Step => {
  const { message, signed } = received;
  const invalid = checkRoundChange(config, received, message.round);
  if (invalid !== null) return done(instance, [], invalid);
  if (message.dataRound > 0 && !sameBytes(config.codec.hash(signed.fullData), message.root)) {
    return done(instance, [], 'full-data-hash');
  }
  // Rounds are never that late; a stranger must not make us keep a message for each of 2^53 rounds.
  if (message.round > config.cutOffRound) return done(instance, [], 'round');
  if (isRepeated(instance.roundChanges, received)) return done(instance);

  const kept = message.dataRound > 0 ? received : { ...received, signed: withoutFullData(signed) };
  const next = { ...instance, roundChanges: [...instance.roundChanges, kept] };
  if (instance.decided !== null) {
    const { certificate } = instance.decided;
    const answer = { type: 'answer', to: received.signer, certificate } as const;
    return done(next, received.signer === config.self ? [] : [answer], 'instance-decided');
  }
  const ofRound = next.roundChanges.filter((other) => other.message.round === message.round);
  return countSigners(ofRound) >= config.quorum
    ? tryPropose(config, next, message.round)
    : tryCatchUp(config, next);
};
