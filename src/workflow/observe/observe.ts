/**
 * What an observer does with what it hears: every message is judged as an operator judges it (workflow/inbox.ts), decisions
 * become certificates (listening.ts), and the partial signatures of votes become the validators' signatures, verified, which
 * prove who signed. Nothing is said, nothing is signed, and nothing is asked of a client.
 */
import { clockToleranceMs } from '../../core/duty/window.ts';
import type { Network } from '../../core/eth2/network.ts';
import type { Registry } from '../../core/registry/committee.ts';
import { domainOf } from '../../core/wire/message-id.ts';
import { createAddress } from '../address.ts';
import type { Entry } from '../combining.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import { createInbox, type InboxPorts } from '../inbox.ts';
import { createPartials, type Partials } from '../partials.ts';
import type { Clock, Combiner, Gossip, OperatorKeys } from '../ports.ts';
import type { Report } from '../report.ts';
import { createVerifier } from '../verified.ts';
import { createListening, type Listening, nobody } from './listening.ts';

export interface ObservePorts {
  readonly network: Network;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly gossip: Pick<Gossip, 'listen'>;
  readonly keys: Pick<OperatorKeys, 'verify'>;
  readonly combiner: Combiner;
  readonly recorder: HistoryRecorder;
  readonly report: Report;
}

/** An operator's questions of others' shares: there is nothing here that could answer one. */
const silent: Pick<InboxPorts, 'exchange' | 'shares'> = {
  exchange: { isKnown: () => false, answer: () => {}, answerRegistration: () => null },
  shares: { answer: () => false },
};

/** Keeps partial signatures of votes, and combines those of a root once a quorum has sent one. */
const createProofs = (ports: ObservePorts): Pick<Partials, 'add'> => {
  const { registry, clock } = ports;
  const partials = createPartials(ports);
  const combine = (entry: Entry, endMs: number): void => {
    const committee = registry.committees.get(entry.validator.committee);
    if (entry.wanted || committee === undefined || entry.partials.size < committee.quorum) return;
    const late = new AbortController();
    const cancel = clock.at(endMs + clockToleranceMs, () => late.abort(new Error('the duty is over')));
    // The recorder hears of the signature by itself. Without one it keeps what operators say.
    partials
      .wait(entry.kind, entry.slot, endMs, entry.validator, entry.root, late.signal)
      .catch((cause: unknown) => {
        if (!late.signal.aborted)
          ports.report({ type: 'fault', where: 'combine what was heard', why: String(cause) });
      })
      .finally(cancel);
  };
  return {
    add: (kind, slot, endMs, validator, root, operator, signature) => {
      // Of all else the certificate says everything that is kept.
      if (kind !== 'attestation') return 'known';
      const result = partials.add(kind, slot, endMs, validator, root, operator, signature);
      const entry = result === 'stored' ? partials.find(kind, slot, validator.key, root) : null;
      if (entry !== null) combine(entry, endMs);
      return result;
    },
  };
};

/** Begins to listen. */
export const createObserver = (ports: ObservePorts): Pick<Listening, 'count'> & { stop(): void } => {
  const { network, registry, report } = ports;
  const address = createAddress(
    domainOf(network.genesisValidatorsRoot, network.genesisForkVersion),
    registry,
  );
  const verify = createVerifier(ports.keys);
  const listening = createListening({ ...ports, address, verify });
  const inbox = createInbox({
    ...ports,
    ...silent,
    keys: { self: nobody },
    hearsAll: true,
    address,
    duties: { join: listening.join, consider: () => {} },
    partials: createProofs(ports),
    verify,
    heard: () => {},
    suspect: () => {},
    report,
  });
  let stopped = false;
  ports.gossip.listen((message) => (stopped ? 'ignore' : inbox.receive(message)));
  return {
    count: listening.count,
    stop: () => {
      stopped = true;
    },
  };
};
