/**
 * Error names and their numbers in the SSV spec (types/error codes, commit 5d11f26bc; numbers are by position there).
 *
 * Code speaks in names, which also serve as reason words in reports; the numbers exist for conformance with the spec's
 * vectors. Names from 1001 on are our own: the spec reports those cases without a code, or does not look at them at all.
 */
export const errorNumbers = {
  unmarshal: 1,
  'future-message': 2,
  'commit-invalid': 5,
  'wrong-height': 7,
  'signer-not-in-committee': 8,
  'duplicate-signer': 9,
  'signature-count': 12,
  'empty-signature': 13,
  'no-message': 14,
  'no-signatures': 15,
  'no-signers': 16,
  'zero-signer': 17,
  'inconsistent-signers': 18,
  'no-partials': 19,
  'instance-decided': 21,
  'message-type': 29,
  round: 30,
  identifier: 31,
  'bad-operator-signature': 39,
  'partial-signer': 42,
  'instance-stopped': 54,
  'wrong-round': 55,
  'one-signer-only': 56,
  'no-proposal': 57,
  'past-round': 58,
  'root-differs': 59,
  'no-round-change-quorum': 60,
  'proposal-invalid': 61,
  'full-data-hash': 62,
  'justification-signature': 63,
  'value-refused': 64,
  'prepares-invalid': 65,
  'no-prepare-quorum': 66,
  'not-leader': 67,
  'already-running': 68,
  'cannot-start': 69,
  'timeout-stopped': 70,
  role: 87,
  'prepared-round': 1001,
  'locked-value': 1002,
  'certificate-differs': 1003,
} as const;

export type ErrorName = keyof typeof errorNumbers;

/** Why bytes are not a message. `detail` is for people; it never quotes more than a few words of the bytes' structure. */
export interface WireError {
  readonly type: 'wire-error';
  readonly name: ErrorName;
  readonly detail: string;
}

export const wireError = (name: ErrorName, detail: string): WireError => ({
  type: 'wire-error',
  name,
  detail,
});

export const isWireError = (value: unknown): value is WireError =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'wire-error';
