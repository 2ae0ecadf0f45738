/**
 * What a client is told for each outcome of signing: status, reason word, sentence.
 *
 * Clients never retry within a duty, whatever the status, and only some tell statuses apart: 412 raises a slashing alarm in
 * Teku and Prysm, so it is sent for slashing protection alone; 500 is the plain failure that all of them log and survive.
 */
import type { SignOutcome } from '../workflow/outcome.ts';
import type { Problem } from './problem.ts';

/** Every outcome but `signed`. */
export type Unsigned = Exclude<SignOutcome, { readonly type: 'signed' }>;

const statuses: Readonly<Record<Unsigned['type'], 400 | 404 | 412 | 500>> = {
  'unknown-validator': 404,
  'too-early': 400,
  'too-late': 400,
  'refused-by-policy': 400,
  slashable: 412,
  'decided-otherwise': 500,
  undecided: 500,
  'below-quorum': 500,
  'signer-failed': 500,
  overloaded: 500,
  'not-ready': 500,
};

export const problemOf = (outcome: Unsigned): Problem => ({
  status: statuses[outcome.type],
  reason: outcome.type,
  message: sentenceOf(outcome),
});

const sentenceOf = (outcome: Unsigned): string => {
  switch (outcome.type) {
    case 'unknown-validator':
      return 'no validator of this node has this public key';
    case 'slashable':
      return `slashing protection refuses to sign (${outcome.rule}): ${outcome.detail}`;
    case 'below-quorum':
      return `${outcome.have} of ${outcome.need} partial signatures came in time; missing from operators ${outcome.missing.join(', ')}`;
    case 'signer-failed':
      return `this operator's signer did not sign (${outcome.reason}): ${outcome.detail}`;
    case 'too-early':
    case 'too-late':
    case 'refused-by-policy':
    case 'decided-otherwise':
    case 'undecided':
    case 'overloaded':
    case 'not-ready':
      return outcome.detail;
  }
};
