/**
 * Certificates ("decided messages" in SSV): the commits of a quorum in one message, with the decided value as full data.
 *
 * Whoever holds one needs nothing else to know the decision: no round, no proposal, no earlier message.
 */
import type { ErrorName } from '../wire/errors.ts';
import { type SignedMessage, validateSigned } from '../wire/signed.ts';
import type { QbftConfig } from './config.ts';
import { type Received, sameBytes } from './message.ts';
import { done, type Instance, type Step } from './state.ts';

/** From the bare commits of one round and root, one per operator, which all sign the same bytes. */
export const aggregate = (commits: readonly Received[], value: Uint8Array): SignedMessage => {
  const ascending = [...commits]
    .filter(({ signer }, at) => commits.findIndex((other) => other.signer === signer) === at)
    .sort((a, b) => a.signer - b.signer);
  const [first] = commits;
  if (first === undefined) throw new RangeError('a certificate has at least one commit');
  return {
    signatures: ascending.flatMap(({ signed }) => signed.signatures),
    operators: ascending.flatMap(({ signed }) => signed.operators),
    message: first.signed.message,
    fullData: value,
  };
};

/** By number of signers alone: a commit of that many is judged as a certificate, whatever is wrong with it. */
export const isCertificate = (config: QbftConfig, { message, signed }: Received): boolean =>
  message.type === 'commit' && signed.operators.length >= config.quorum;

/** Complete judgement, signatures included. */
export const checkCertificate = (config: QbftConfig, received: Received): ErrorName | null => {
  const { message, signed } = received;
  // Also refuses repeated signers: a quorum by number is then one by operators.
  if (validateSigned(signed) !== null) return 'commit-invalid';
  if (message.height !== config.height) return 'wrong-height';
  if (signed.operators.some((operator) => !config.committee.includes(operator)))
    return 'signer-not-in-committee';
  if (!config.verify(signed)) return 'justification-signature';
  return sameBytes(config.codec.hash(signed.fullData), message.root) ? null : 'full-data-hash';
};

/** Decides at once, in whatever round we are. */
export const onCertificate = (config: QbftConfig, instance: Instance, received: Received): Step => {
  const invalid = checkCertificate(config, received);
  if (invalid !== null) return done(instance, [], invalid);
  const { message, signed } = received;
  const { decided } = instance;
  if (decided === null) {
    const { round, root } = message;
    const decision = { round, value: signed.fullData, root, certificate: signed };
    return done({ ...instance, decided: decision }, [
      { type: 'decided', round, value: signed.fullData, certificate: signed },
    ]);
  }
  // More than f operators lie, or a key is stolen: worth an alarm, never a change of mind.
  if (!sameBytes(decided.root, message.root)) return done(instance, [], 'certificate-differs');
  if (signed.operators.length <= decided.certificate.operators.length) return done(instance);
  return done({ ...instance, decided: { ...decided, certificate: signed } });
};
