/**
 * Report events as Prometheus metrics: quorate_* of our own, and those names of Web3Signer that operators already chart.
 *
 * Labels only take values from closed sets (kinds, outcomes, reasons, operators of the registry): nothing that a stranger
 * sends becomes a label. Durations are in seconds.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { OperatorId } from '../../core/ids.ts';
import type { SignOutcome } from '../../workflow/outcome.ts';
import type { Report, ReportEvent } from '../../workflow/report.ts';
import {
  createOwnMetrics,
  createWeb3SignerMetrics,
  type OwnMetrics,
  type Web3SignerMetrics,
} from './metric-set.ts';

export interface Metrics {
  readonly report: Report;
  /** The operators whose connection is charted, and how much this node works for. */
  describe(node: {
    readonly operators: readonly OperatorId[];
    readonly shares: number;
    readonly validators: number;
    readonly committees: number;
  }): void;
  /** Where an observer stands now. */
  observed(observer: {
    readonly committees: readonly {
      readonly committee: string;
      readonly certificates: number;
      readonly newestSlot: number;
      readonly behind: number;
      readonly older: number;
    }[];
    readonly sources: readonly { readonly name: string; readonly connected: boolean }[];
  }): void;
  /** One answer of the HTTP face, whatever came of it. */
  answered(answer: HttpAnswer): void;
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** See http/deps.ts, Answer. Routes are patterns and reasons come from a closed set. */
interface HttpAnswer {
  readonly route: string | null;
  readonly status: number;
  readonly reason: string | null;
}

/** Answers with 400 to requests that were well-formed. */
const refusals: ReadonlySet<string> = new Set<SignOutcome['type']>([
  'too-early',
  'too-late',
  'refused-by-policy',
]);

/** A set of its own in each call: nothing is global. `processMetrics` adds those of the process (memory, event loop). */
export const createMetrics = (version: string, { processMetrics = true } = {}): Metrics => {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const own = createOwnMetrics(registry);
  const count = countInto(own);
  const web3signer = createWeb3SignerMetrics(registry);
  web3signer.release.set({ version }, 1);
  return {
    report(event) {
      count(event);
      countAsWeb3Signer(web3signer, event);
    },
    describe({ operators, shares, validators, committees }) {
      for (const operator of operators) own.connected.set({ operator }, 0);
      own.validators.set(validators);
      own.committees.set(committees);
      web3signer.loaded.set(shares);
    },
    observed({ committees, sources }) {
      for (const { committee, certificates, newestSlot, behind, older } of committees) {
        own.observedCertificates.set({ committee }, certificates);
        own.observedNewest.set({ committee }, newestSlot);
        own.observedBehind.set({ committee }, behind);
        own.observedOlder.set({ committee }, older);
      }
      for (const { name, connected } of sources) own.sources.set({ source: name }, connected ? 1 : 0);
    },
    answered({ route, status, reason }) {
      own.httpAnswers.inc({ route: route ?? 'none', status: String(status), reason: reason ?? '' });
      if (status === 400 && reason !== null && !refusals.has(reason)) web3signer.malformed.inc();
    },
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
};

/** One entry for each type of event, so that a new type is a compile error here. */
type Counting = {
  readonly [Type in ReportEvent['type']]: (event: Extract<ReportEvent, { readonly type: Type }>) => void;
};

const uncounted = (): void => undefined;

const countInto = (own: OwnMetrics): Report => {
  const counting: Counting = {
    asked: uncounted,
    answered({ kind, outcome, tookMs }) {
      own.requests.inc({ kind, outcome: outcome.type });
      own.requestSeconds.observe({ kind }, tookMs / 1000);
    },
    joined: ({ because }) => own.joined.inc({ because }),
    abstained: () => own.abstained.inc(),
    hinted: uncounted,
    proposed: () => own.proposed.inc(),
    'proposal-refused': () => own.proposalsRefused.inc(),
    'round-changed': () => own.roundChanges.inc(),
    decided({ kind, round, signers, tookMs }) {
      own.decidedSeconds.observe({ kind }, tookMs / 1000);
      own.decidedRound.observe({ kind }, round);
      for (const operator of signers) own.decidedBy.inc({ operator });
    },
    undecided: ({ kind }) => own.undecided.inc({ kind }),
    recorded: uncounted,
    'slashing-refused': ({ kind, rule }) => own.slashingRefused.inc({ kind, rule }),
    'share-signed': ({ kind, tookMs }) => own.shareSeconds.observe({ kind }, tookMs / 1000),
    'share-failed': ({ kind, reason }) => own.shareFailures.inc({ kind, reason }),
    'partials-sent': ({ kind, count }) => own.partialsSent.inc({ kind }, count),
    'partials-received': ({ from, count }) => own.partialsReceived.inc({ operator: from }, count),
    combined: ({ kind, tookMs }) => own.combineSeconds.observe({ kind }, tookMs / 1000),
    'bad-partial': ({ from }) => own.badPartials.inc({ operator: from }),
    'message-sent'({ bytes, peers }) {
      own.messagesSent.inc();
      own.messageBytesSent.inc(bytes * peers);
    },
    'message-received'({ bytes, verdict }) {
      own.messagesReceived.inc({ verdict });
      own.messageBytesReceived.inc(bytes);
    },
    'message-refused': ({ verdict }) => own.refused.inc({ verdict }),
    equivocation: ({ from }) => own.equivocations.inc({ operator: from }),
    'peer-connected': ({ operator }) => own.connected.set({ operator }, 1),
    'peer-lost': ({ operator }) => own.connected.set({ operator }, 0),
    'peer-dial-failed': ({ operator }) => own.dialFailures.inc({ operator }),
    'publish-failed': () => own.publishFailures.inc(),
    'catch-up': ({ committee, state, newcomers }) => {
      if (newcomers === 0) own.caughtUp.set({ committee }, state === 'caught-up' ? 1 : 0);
    },
    'history-answer': ({ from, outcome }) => own.historyAnswers.inc({ operator: from, outcome }),
    'observer-admitted': ({ observers }) => own.observers.set(observers),
    'observer-left': ({ observers }) => own.observers.set(observers),
    'observer-refused': () => own.observersRefused.inc(),
    source: uncounted,
    copied: ({ entries }) => own.copied.inc(entries),
    twin: () => own.twins.inc(),
    fault: ({ where }) => own.faults.inc({ where }),
  };
  return (event) => (counting[event.type] as Report)(event);
};

const countAsWeb3Signer = (web3signer: Web3SignerMetrics, event: ReportEvent): void => {
  if (event.type === 'recorded') web3signer.permitted.inc();
  if (event.type === 'slashing-refused') web3signer.prevented.inc();
  if (event.type !== 'answered') return;
  if (event.outcome.type === 'unknown-validator') web3signer.missing.inc();
  if (event.outcome.type === 'signed') web3signer.seconds.observe(event.tookMs / 1000);
};
