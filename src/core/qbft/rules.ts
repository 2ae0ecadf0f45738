/**
 * The rules of one round: proposal, prepare, commit, decision (arXiv 2002.03613, algorithm 2; SSV spec sections 3 to 6).
 *
 * Gossip has no order. A prepare or commit that does not fit the proposal we hold is set aside, one per operator and round,
 * with the spec's error code as explanation, and counts once its proposal comes; nobody needs to send it again. A commit
 * quorum of any round decides, also of a past one, as soon as its value is known (algorithm 2, line 8); for that, proposals
 * that were not accepted are set aside too.
 */
import type { ErrorName } from '../wire/errors.ts';
import { withoutFullData } from '../wire/signed.ts';
import { aggregate } from './certificate.ts';
import type { QbftConfig } from './config.ts';
import { checkJustification } from './justify.ts';
import { checkEnvelope, createMessage, type Received, sameBytes } from './message.ts';
import { countSigners } from './quorum.ts';
import { andThen, done, type Instance, isRepeated, type Step } from './state.ts';

const none = new Uint8Array(0);

const setAside = (config: QbftConfig, instance: Instance, received: Received): Instance =>
  received.message.round > config.cutOffRound || isRepeated(instance.aside, received)
    ? instance
    : { ...instance, aside: [...instance.aside, received] };

/** Value bytes that hash to this root, from anything we hold. */
const knownValue = (instance: Instance, root: Uint8Array): Uint8Array | null => {
  if (instance.own !== null && sameBytes(instance.own.root, root)) return instance.own.bytes;
  const isIt = ({ message }: Received): boolean =>
    message.type === 'proposal' && sameBytes(message.root, root);
  const proposal = instance.proposals.find(isIt) ?? instance.aside.find(isIt);
  return proposal?.signed.fullData ?? null;
};

/** Algorithm 2:8. Decides where a quorum of one round has committed to `root` and its value is known. */
export const tryDecide = (config: QbftConfig, instance: Instance, root: Uint8Array): Step => {
  if (instance.decided !== null) return done(instance);
  const commits = [...instance.commits, ...instance.aside].filter(
    ({ message }) => message.type === 'commit' && sameBytes(message.root, root),
  );
  if (commits.length < config.quorum) return done(instance);
  for (const { message } of commits) {
    const ofRound = commits.filter((other) => other.message.round === message.round);
    if (countSigners(ofRound) < config.quorum) continue;
    const value = knownValue(instance, root);
    if (value === null) return done(instance);
    const certificate = aggregate(ofRound, value);
    const decided = { round: message.round, value, root, certificate };
    return done({ ...instance, decided }, [{ type: 'decided', round: message.round, value, certificate }]);
  }
  return done(instance);
};

/** The first quorum of prepares for the accepted proposal: remember it as proof, and commit. */
const tryPrepare = (config: QbftConfig, instance: Instance): Step => {
  const { accepted, round } = instance;
  if (accepted === null || instance.preparedRound === round) return done(instance);
  const prepares = instance.prepares.filter(({ message }) => message.round === round);
  // The list holds one per operator; a quorum is counted by operators all the same.
  if (countSigners(prepares) < config.quorum) return done(instance);
  const { root } = accepted.message;
  const prepared = { bytes: accepted.signed.fullData, root };
  const message = createMessage(config, 'commit', round, { root });
  return done({ ...instance, preparedRound: round, prepared }, [
    { type: 'broadcast', message, fullData: none },
  ]);
};

/** Counts what was set aside for the proposal that has just been accepted. */
const recall = (instance: Instance, accepted: Received): Instance => {
  const fits = ({ message }: Received): boolean =>
    message.round === accepted.message.round && sameBytes(message.root, accepted.message.root);
  const recalled = instance.aside.filter(fits);
  if (recalled.length === 0) return instance;
  const ofType = (type: string): readonly Received[] =>
    recalled.filter(({ message }) => message.type === type);
  return {
    ...instance,
    prepares: [...instance.prepares, ...ofType('prepare')],
    commits: [...instance.commits, ...ofType('commit')],
    aside: instance.aside.filter((received) => !fits(received)),
  };
};

/** Sender and value: what makes a proposal worth keeping, whatever round we are in. */
const checkProposal = (config: QbftConfig, received: Received): ErrorName | null => {
  const { message, signed, signer } = received;
  const invalid = checkEnvelope(config, received);
  if (invalid !== null) return invalid;
  if (config.leader(message.round) !== signer) return 'not-leader';
  return sameBytes(config.codec.hash(signed.fullData), message.root) ? null : 'full-data-hash';
};

export const onProposal = (config: QbftConfig, instance: Instance, received: Received): Step => {
  const { message } = received;
  const invalid = checkProposal(config, received);
  const isPast = message.round < instance.round;
  if (invalid !== null) return done(instance, [], isPast ? 'past-round' : invalid);

  const refuse = (error: ErrorName): Step => {
    const kept = setAside(config, instance, received);
    return { ...tryDecide(config, kept, message.root), error };
  };
  if (isPast) return refuse('past-round');
  const unjustified = checkJustification(config, received);
  if (unjustified !== null) return refuse(unjustified);
  // One proposal per round: an operator never prepares two values in one round.
  if (message.round === instance.round && instance.accepted !== null) return refuse('proposal-invalid');

  const entered = recall(
    { ...instance, round: message.round, accepted: received, proposals: [...instance.proposals, received] },
    received,
  );
  const prepare = createMessage(config, 'prepare', message.round, { root: message.root });
  const step = done(entered, [
    ...(message.round > instance.round ? [{ type: 'timer', round: message.round } as const] : []),
    { type: 'broadcast', message: prepare, fullData: none },
  ]);
  return andThen(
    andThen(step, (next) => tryPrepare(config, next)),
    (next) => tryDecide(config, next, message.root),
  );
};

/** Why a ballot (a prepare or a commit) does not count in the current round. Order as in the spec. */
const whyNot = (instance: Instance, received: Received): ErrorName | null => {
  const { message } = received;
  if (message.round < instance.round) return 'past-round';
  if (instance.accepted === null) return 'no-proposal';
  if (message.round !== instance.round) return 'wrong-round';
  return sameBytes(message.root, instance.accepted.message.root) ? null : 'root-differs';
};

/**
 * All commits of a round and root must be the same bytes, or their signatures do not make one certificate: so no ballot
 * may carry anything else.
 */
const isBare = ({ message }: Received): boolean =>
  message.dataRound === 0 &&
  message.roundChangeJustification.length === 0 &&
  message.prepareJustification.length === 0;

export const onPrepare = (config: QbftConfig, instance: Instance, received: Received): Step => {
  const prepare = { ...received, signed: withoutFullData(received.signed) };
  const invalid = checkEnvelope(config, prepare);
  const reason = whyNot(instance, prepare);
  if (invalid !== null)
    return done(instance, [], reason === 'no-proposal' || reason === 'past-round' ? reason : invalid);
  if (reason === 'past-round' || reason === 'root-differs') return done(instance, [], reason);
  if (reason !== null) return done(setAside(config, instance, prepare), [], reason);
  if (isRepeated(instance.prepares, prepare)) return done(instance);
  return tryPrepare(config, { ...instance, prepares: [...instance.prepares, prepare] });
};

export const onCommit = (config: QbftConfig, instance: Instance, received: Received): Step => {
  const commit = { ...received, signed: withoutFullData(received.signed) };
  const invalid = checkEnvelope(config, commit) ?? (isBare(commit) ? null : 'commit-invalid');
  const reason = whyNot(instance, commit);
  if (invalid !== null)
    return done(instance, [], reason === 'no-proposal' || reason === 'past-round' ? reason : invalid);
  const { root } = commit.message;
  if (reason !== null)
    return { ...tryDecide(config, setAside(config, instance, commit), root), error: reason };
  if (isRepeated(instance.commits, commit)) return done(instance);
  return tryDecide(config, { ...instance, commits: [...instance.commits, commit] }, root);
};
