/**
 * What the validator clients say about signatures: which they got, and why they got none.
 *
 * Reads Lodestar's JSON log lines of level debug ("Signed attestation", "Error signing attestation", ...).
 */

export interface SigningError {
  readonly operator: number;
  readonly atMs: number;
  readonly what: string;
  /** The body of the signer's answer, or the fault of the connection. */
  readonly why: string;
}

export interface SignatureLog {
  readonly read: (operator: number, line: string) => void;
  /** Whether any client got the signature, by name: "attestation/SLOT/VALIDATOR", "contribution/SLOT/VALIDATOR/INDEX". */
  readonly has: (name: string) => boolean;
  /** How many signatures of this kind the operator's client got for slots from..to. */
  readonly count: (operator: number, kind: string, from: number, to: number) => number;
  readonly errorsBetween: (fromMs: number, toMs: number) => readonly SigningError[];
}

interface Line {
  readonly message: string;
  readonly timestamp: string;
  readonly context?: { readonly slot?: number; readonly index?: number; readonly validatorIndex?: number };
  readonly error?: { readonly message?: string; readonly stack?: string };
}

const kinds: Readonly<Record<string, string>> = {
  'Signed attestation': 'attestation',
  'Signed aggregateAndProofs': 'aggregate',
  'Signed SyncCommitteeMessage': 'sync-message',
  'Signed SyncCommitteeContribution': 'contribution',
};

// "Error publishing" is left out: four clients publish the same signature through one node, which refuses the later three.
const isSigningError = (message: string): boolean =>
  /^(Error signing|Failed to download attester duties|Error on runSyncCommitteeTasks|Error proposing block)/.test(
    message,
  );

const parse = (text: string): Line | null => {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text) as Line;
  } catch {
    // Lines that are not JSON come from libraries below Lodestar and tell nothing about signatures.
    return null;
  }
};

const signatureName = (line: Line): string | null => {
  const kind = kinds[line.message];
  if (kind === undefined || line.context === undefined) return null;
  const { slot, validatorIndex, index } = line.context;
  return `${kind}/${slot}/${validatorIndex}${kind === 'contribution' ? `/${index}` : ''}`;
};

export const createSignatureLog = (): SignatureLog => {
  const byOperator = new Map<number, Set<string>>();
  const errors: SigningError[] = [];

  const read = (operator: number, text: string): void => {
    const line = parse(text);
    if (line === null) return;
    const name = signatureName(line);
    if (name !== null) {
      const names = byOperator.get(operator) ?? new Set<string>();
      byOperator.set(operator, names.add(name));
    } else if (isSigningError(line.message)) {
      const why = line.error?.message ?? 'no reason given';
      errors.push({ operator, atMs: Date.parse(line.timestamp), what: line.message, why });
    }
  };
  const count = (operator: number, kind: string, from: number, to: number): number =>
    [...(byOperator.get(operator) ?? [])].filter((name) => {
      const [ofKind, slot] = name.split('/');
      return ofKind === kind && Number(slot) >= from && Number(slot) <= to;
    }).length;
  return {
    read,
    has: (name) => [...byOperator.values()].some((names) => names.has(name)),
    count,
    errorsBetween: (fromMs, toMs) => errors.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs),
  };
};
