/**
 * What the HTTP face needs from the rest: owned here, provided by app/.
 */
import type { Network } from '../core/eth2/network.ts';
import type { Signable, SigningRoots } from '../core/eth2/signable.ts';
import type { ValidatorKey } from '../core/ids.ts';
import type { SignOutcome } from '../workflow/outcome.ts';
import type { Report } from '../workflow/report.ts';
import type { Keymanager } from './keymanager/deps.ts';

/** A request whose roots are ours: computed from its content and our network. */
export interface SignTask {
  readonly signable: Signable;
  readonly roots: SigningRoots;
}

/** `ready` lists all keys, never some: clients stop the duties of every key that is missing from an answer. */
export type PublicKeys =
  | { readonly type: 'ready'; readonly keys: readonly string[] }
  | { readonly type: 'not-ready'; readonly why: string };

export type HealthStatus = 'UP' | 'DOWN';

/** One node of Web3Signer's health tree. */
export interface HealthCheck {
  readonly id: string;
  readonly status: HealthStatus;
  readonly data?: Readonly<Record<string, string | number | boolean>>;
  readonly checks?: readonly HealthCheck[];
}

/** `status` and `outcome` say the same; clients look at one or the other. */
export interface Health {
  readonly status: HealthStatus;
  readonly checks: readonly HealthCheck[];
  readonly outcome: HealthStatus;
}

export interface ReloadStatus {
  readonly status: 'idle' | 'running' | 'completed' | 'completed_with_errors' | 'failed';
  /** ISO 8601. */
  readonly lastOperationTime?: string;
  readonly lastError?: string;
}

/** One answered request, for metrics. `reason` is the word of the error body, null on success. */
export interface Answer {
  /** The route's pattern, such as /api/v1/eth2/sign/:identifier; null where no route matched. */
  readonly route: string | null;
  readonly method: string;
  readonly status: number;
  readonly reason: string | null;
  readonly tookMs: number;
}

export interface HttpDeps {
  readonly network: Network;
  /** Never rejects in the normal course of things; `signal` aborts when the client has gone. */
  sign(validator: ValidatorKey, request: SignTask, signal: AbortSignal): Promise<SignOutcome>;
  publicKeys(): PublicKeys;
  health(): Health;
  /** Starts reading keys and cluster file anew. */
  reload(): 'accepted' | 'running';
  reloadStatus(): ReloadStatus;
  readonly report: Report;
  readonly answered?: (answer: Answer) => void;
  /** Its routes are there only with it. */
  readonly keymanager?: Keymanager;
}
