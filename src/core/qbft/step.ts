/**
 * QBFT (arXiv 2002.03613) as a pure function: one input, the next state, and what the caller shall do.
 *
 * One instance decides one duty of one committee of 3f + 1 operators, of which f may lie. Messages and rules are the SSV
 * spec's; where this departs from it on purpose, the rule's own file says so:
 * - the value of the highest prepared round binds a leader, lower ones do not (justify.ts);
 * - a leader tries again with each round change, and may be without a value of its own (round-change.ts);
 * - a commit quorum of any round decides; ballots that come before their proposal are kept (rules.ts);
 * - an operator that has decided answers those that still change rounds (round-change.ts).
 *
 * The caller: verifies the signatures of every message before it comes in (those inside justifications and certificates are
 * verified here, through config.verify); signs and sends broadcasts, and feeds them back as inputs, for we count our own
 * messages only then; runs one timer; bounds the size of full data to what the duty's values can need. An operator that has
 * spoken in an instance and lost its state must not speak in it again: it drops the broadcasts and only listens.
 *
 * `error` says why a message did not count in the current round. `past-round`, `wrong-round`, `no-proposal`, `root-differs`
 * and `instance-decided` happen to honest operators; a message with such an error has been kept if it can still matter, and need
 * not be fed again. A proposal that met `value-refused` may be fed again once config.accepts would answer otherwise.
 */
import { isWireError } from '../wire/errors.ts';
import { validateSigned } from '../wire/signed.ts';
import { isCertificate, onCertificate } from './certificate.ts';
import type { QbftConfig } from './config.ts';
import { openEnvelope, type Received } from './message.ts';
import { enterRound, onRoundChange, tryPropose } from './round-change.ts';
import { onCommit, onPrepare, onProposal, tryDecide } from './rules.ts';
import { done, type Input, type Instance, type QbftErrorCode, type Step } from './state.ts';

const onValue = (config: QbftConfig, instance: Instance, bytes: Uint8Array): Step => {
  if (!config.accepts(bytes)) return done(instance, [], 'value-refused');
  const own = { bytes, root: config.codec.hash(bytes) };
  const step = tryDecide(config, { ...instance, own }, own.root);
  return step.instance.decided === null ? tryPropose(config, step.instance, instance.round) : step;
};

const onTimeout = (config: QbftConfig, instance: Instance, round: number): Step => {
  if (round !== instance.round || instance.decided !== null) return done(instance);
  if (instance.round >= config.cutOffRound) return done(instance, [], 'timeout-stopped');
  return enterRound(config, instance, round + 1);
};

const onReceived = (config: QbftConfig, instance: Instance, received: Received): Step => {
  if (isCertificate(config, received)) return onCertificate(config, instance, received);
  if (instance.round >= config.cutOffRound) return done(instance, [], 'instance-stopped');
  const invalid = validateSigned(received.signed);
  if (invalid !== null) return done(instance, [], invalid);
  switch (received.message.type) {
    case 'proposal':
      return onProposal(config, instance, received);
    case 'prepare':
      return onPrepare(config, instance, received);
    case 'commit':
      return onCommit(config, instance, received);
    case 'round-change':
      return received.message.round < instance.round && instance.decided === null
        ? done(instance, [], 'past-round')
        : onRoundChange(config, instance, received);
  }
};

export const step = (config: QbftConfig, instance: Instance, input: Input): Step => {
  switch (input.type) {
    case 'value':
      return onValue(config, instance, input.value);
    case 'timeout':
      return onTimeout(config, instance, input.round);
    case 'message': {
      const received = openEnvelope(config, input.signed);
      return isWireError(received)
        ? done(instance, [], received.name)
        : onReceived(config, instance, received);
    }
  }
};

const withoutBlame: ReadonlySet<QbftErrorCode> = new Set<QbftErrorCode>([
  'past-round',
  'wrong-round',
  'no-proposal',
  'root-differs',
  'value-refused',
  'instance-decided',
  'proposal-invalid',
  'instance-stopped',
  'timeout-stopped',
]);

/** False for errors that an honest sender can cause, by lateness or by other messages that got lost. */
export const isSendersFault = (error: QbftErrorCode): boolean => !withoutBlame.has(error);
