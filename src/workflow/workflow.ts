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
import { openGate, type SigningGate } from './history/gate.ts';
import { type HistoryRecorder, noRecorder } from './history/recorder.ts';
import { createTwinWatch } from './history/twin-watch.ts';
import { createInbox } from './inbox.ts';
import { createJoinInstance } from './join-instances.ts';
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
import { createReach } from './reach.ts';
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
  /** Where decisions and signatures are remembered; nowhere unless given. */
  readonly recorder?: HistoryRecorder;
  /** Closed while this node may not know what it signed before; open unless given. */
  readonly gate?: SigningGate;
  /** Another node was heard with this operator's key; may be called more than once. */
  readonly onTwin?: (detail: string) => void;
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
  const { network, registry, clock, gossip, peers, report } = ports;
  const { recorder = noRecorder, gate = openGate, onTwin = () => {} } = ports;
  const { keys, suspect } = createTwinWatch({ network, clock, keys: ports.keys, report, onTwin });
  const address = createAddress(
    domainOf(network.genesisValidatorsRoot, network.genesisForkVersion),
    registry,
  );
  let stopped = false;
  const verify = createVerifier(keys);
  // What is still under way when the node stops is not heard any more.
  const voice: Gossip = {
    ...gossip,
    publish: (committee, message) => {
      if (!stopped) gossip.publish(committee, message);
    },
  };
  const outbox = createOutbox({ ...ports, gossip: voice, keys, address });
  const partials = createPartials({ ...ports, recorder });
  const shares = createShares({ ...ports, self: keys.self, gate, partials, outbox });
  const reach = createReach(clock, peers);
  const duties = createDuties({
    ...ports,
    keys,
    isThere: reach.isThere,
    join: createJoinInstance(clock, ports.journal),
    address,
    outbox,
    partials,
    shares,
    recorder,
    verify,
  });
  const exchange = createExchange({ network, clock, shares });
  const { heard } = reach;
  const inbox = createInbox({
    ...ports,
    address,
    duties,
    exchange,
    partials,
    shares,
    verify,
    heard,
    suspect,
  });
  const signer = createSigner({ ...ports, duties, exchange, partials, shares, outbox });
  gossip.listen((message) => (stopped ? 'ignore' : inbox.receive(message)));
  peers.onLost((operator: OperatorId) => {
    reach.lost(operator);
    duties.lost(operator);
  });
  return {
    sign: (validator, request, signal) =>
      stopped
        ? Promise.resolve({ type: 'not-ready', detail: 'this node has stopped signing' })
        : signer.sign(validator, request, signal),
    dutyCount: duties.count,
    stop: () => {
      stopped = true;
      duties.stop();
    },
  };
};
