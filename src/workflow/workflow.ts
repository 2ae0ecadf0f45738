/**
 * The workflow as one thing: seams in, `sign` out. Wires the parts; holds no logic of its own.
 */
import type { Strictness } from '../core/duty/value-check.ts';
import type { Network } from '../core/eth2/network.ts';
import type { SignableType } from '../core/eth2/signable.ts';
import type { OperatorId, ValidatorKey } from '../core/ids.ts';
import type { Registry } from '../core/registry/committee.ts';
import { domainOf } from '../core/wire/message-id.ts';
import { createAddress } from './address.ts';
import { createDuties } from './duties.ts';
import { createExchange } from './exchange.ts';
import { createInbox } from './inbox.ts';
import { createOutbox } from './outbox.ts';
import type { SignOutcome } from './outcome.ts';
import { createPartials } from './partials.ts';
import type {
  Clock,
  Combiner,
  Gossip,
  OperatorKeys,
  Peers,
  ShareSigner,
  SlashingProtection,
  VoteJournal,
} from './ports.ts';
import type { Report } from './report.ts';
import { createShares } from './shares.ts';
import { createSigner, type SignRequest } from './sign.ts';
import { createVerifier } from './verified.ts';

export interface WorkflowPorts {
  readonly network: Network;
  readonly registry: Registry;
  readonly strictness: Strictness;
  /** How long a client waits for each type. ms */
  readonly timeoutMs: (type: SignableType) => number;
  readonly clock: Clock;
  readonly gossip: Gossip;
  readonly peers: Peers;
  readonly keys: OperatorKeys;
  readonly signer: ShareSigner;
  readonly slashing: SlashingProtection;
  readonly journal: VoteJournal;
  readonly combiner: Combiner;
  readonly report: Report;
}

export interface Workflow {
  sign(validator: ValidatorKey, request: SignRequest, signal: AbortSignal): Promise<SignOutcome>;
  /** Duties that run now. */
  dutyCount(): number;
  /** Says nothing more and frees what runs. Requests that still wait end by their deadlines. */
  stop(): void;
}

export const createWorkflow = (ports: WorkflowPorts): Workflow => {
  const { network, registry, keys, clock, gossip, peers } = ports;
  const address = createAddress(
    domainOf(network.genesisValidatorsRoot, network.genesisForkVersion),
    registry,
  );
  const verify = createVerifier(keys);
  const outbox = createOutbox({ ...ports, address });
  const partials = createPartials(ports);
  const shares = createShares({ ...ports, self: keys.self, partials, outbox });
  const duties = createDuties({ ...ports, address, outbox, partials, shares, verify });
  const exchange = createExchange({ network, clock, shares });
  const inbox = createInbox({ ...ports, address, duties, exchange, partials, shares, verify });
  const signer = createSigner({ ...ports, duties, partials, shares, outbox });
  gossip.listen(inbox.receive);
  peers.onLost((operator: OperatorId) => duties.lost(operator));
  return {
    sign: signer.sign,
    dutyCount: duties.count,
    stop: duties.stop,
  };
};
