/**
 * What one consensus needs from the rest of the node, and what it tells its duty.
 */
import type { Strictness } from '../core/duty/value-check.ts';
import type { Network } from '../core/eth2/network.ts';
import type { OperatorId } from '../core/ids.ts';
import type { SignedMessage } from '../core/wire/signed.ts';
import type { Address } from './address.ts';
import type { JoinInstance } from './join-instances.ts';
import type { Outbox } from './outbox.ts';
import type { Clock, OperatorKeys } from './ports.ts';
import type { Report } from './report.ts';

export interface Decision {
  readonly value: Uint8Array;
  readonly round: number;
  readonly certificate: SignedMessage;
}

export interface ConsensusPorts {
  readonly network: Network;
  readonly strictness: Strictness;
  readonly clock: Clock;
  readonly keys: OperatorKeys;
  /** False where it can be given up soon: neither connected nor heard through others. */
  readonly isThere: (operator: OperatorId) => boolean;
  readonly join: JoinInstance;
  readonly address: Address;
  readonly outbox: Outbox;
  readonly report: Report;
}

export interface ConsensusHooks {
  readonly onDecided: (decision: Decision) => void;
  /** True where slashing protection forbids this value for every validator that asked. */
  readonly forbidden: (value: Uint8Array) => boolean;
  /** All operators' signatures of this message verify. */
  readonly verify: (signed: SignedMessage) => boolean;
}
