/**
 * The four operators as the run sees them: addresses to point validator clients at, and a switch for each.
 */

import type { AnswerCount } from './answers.ts';

export type OperatorNumber = 1 | 2 | 3 | 4;
export const operatorNumbers: readonly OperatorNumber[] = [1, 2, 3, 4];

/** What the signers must know of the chain; everything else about it is theirs to compute. */
export interface NetworkFacts {
  /** Unix time in seconds. */
  readonly genesisTime: number;
  /** 32 bytes as 0x-hex. */
  readonly genesisValidatorsRoot: string;
  readonly slotSeconds: number;
  /** The beacon node's config/spec answer: fork versions and epochs by their names in the consensus specs. */
  readonly config: Readonly<Record<string, string>>;
}

export interface Operators {
  /** Where operator n's validator client finds its signer. */
  readonly url: (operator: OperatorNumber) => string;
  readonly configure: (network: NetworkFacts) => Promise<void>;
  /** Starts the process; it is not ready yet. */
  readonly start: (operator: OperatorNumber) => Promise<void>;
  /** As by SIGKILL. */
  readonly kill: (operator: OperatorNumber) => Promise<void>;
  /** What the running nodes say of the requests they have answered since they started. */
  readonly answers: (running: readonly OperatorNumber[]) => Promise<readonly AnswerCount[]>;
  /** One sentence for each contradiction in what the operators' nodes have recorded as signed; call with all stopped. */
  readonly findContradictions: () => Promise<readonly string[]>;
}

/** The validator keys that an operator's signer lists, or an error that says why it lists none. */
export const listedKeys = async (url: string): Promise<string[]> => {
  const response = await fetch(`${url}/api/v1/eth2/publicKeys`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`publicKeys answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as string[];
};

export interface Probe {
  readonly status: number;
  readonly body: string;
}

/** Asks for a RANDAO reveal, which no slashing rule guards, so that the answer shows only whether signing works. */
export const askRandao = async (
  url: string,
  validatorKey: string,
  epoch: number,
  network: NetworkFacts,
): Promise<Probe> => {
  const version = network.config.CAPELLA_FORK_VERSION;
  const response = await fetch(`${url}/api/v1/eth2/sign/${validatorKey}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      type: 'RANDAO_REVEAL',
      fork_info: {
        fork: { previous_version: version, current_version: version, epoch: '0' },
        genesis_validators_root: network.genesisValidatorsRoot,
      },
      randao_reveal: { epoch: String(epoch) },
    }),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, body: await response.text() };
};
