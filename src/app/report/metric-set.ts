/**
 * The metrics there are, by name.
 *
 * The dashboard in deploy/ charts them; a test compares the names.
 */
import { Counter, Gauge, Histogram, type Registry, Summary } from 'prom-client';

const durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12];
const fastDurations = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const rounds = [1, 2, 3, 4, 6, 8, 12];

const makers = (registry: Registry) => {
  const registers = [registry];
  return {
    counter: <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Counter<Label>({ name, help, labelNames: [...labelNames], registers }),
    gauge: <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Gauge<Label>({ name, help, labelNames: [...labelNames], registers }),
    histogram: (name: string, help: string, buckets: readonly number[]) =>
      new Histogram<'kind'>({ name, help, labelNames: ['kind'], buckets: [...buckets], registers }),
  };
};

export const createOwnMetrics = (registry: Registry) => {
  const { counter, gauge, histogram } = makers(registry);
  return {
    requests: counter('quorate_requests_total', 'Sign requests answered', ['kind', 'outcome']),
    requestSeconds: histogram('quorate_request_duration_seconds', 'From request to answer', durations),
    httpAnswers: counter('quorate_http_answers_total', 'Answers of the HTTP face', [
      'route',
      'status',
      'reason',
    ]),
    joined: counter('quorate_duties_joined_total', 'Duties this node took part in', ['because']),
    abstained: counter('quorate_duties_abstained_total', 'Duties this node stayed out of'),
    proposed: counter('quorate_proposals_total', 'Values this node proposed'),
    proposalsRefused: counter(
      'quorate_proposals_refused_total',
      "Others' proposals this node would not sign",
    ),
    roundChanges: counter('quorate_round_changes_total', 'Rounds that ended without a decision'),
    decidedSeconds: histogram('quorate_consensus_duration_seconds', 'From start to decision', durations),
    decidedRound: histogram('quorate_consensus_round', 'Round in which a duty was decided', rounds),
    decidedBy: counter('quorate_decided_signers_total', 'Decisions that carry the commit of an operator', [
      'operator',
    ]),
    undecided: counter('quorate_undecided_total', 'Duties that ended without a decision', ['kind']),
    slashingRefused: counter('quorate_slashing_refused_total', 'Refusals of slashing protection', [
      'kind',
      'rule',
    ]),
    shareSeconds: histogram(
      'quorate_share_sign_duration_seconds',
      'Time our share signer took',
      fastDurations,
    ),
    shareFailures: counter('quorate_share_failures_total', 'Signatures our share signer failed to make', [
      'kind',
      'reason',
    ]),
    messagesSent: counter('quorate_messages_sent_total', 'Messages of ours, each counted once'),
    messageBytesSent: counter(
      'quorate_message_bytes_sent_total',
      'Bytes of our messages, for each peer they went to',
    ),
    messagesReceived: counter('quorate_messages_received_total', "Peers' messages, each counted once", [
      'verdict',
    ]),
    messageBytesReceived: counter(
      'quorate_message_bytes_received_total',
      "Bytes of peers' messages, each counted once",
    ),
    partialsSent: counter('quorate_partials_sent_total', 'Partial signatures sent', ['kind']),
    partialsReceived: counter('quorate_partials_received_total', 'Partial signatures received', ['operator']),
    combineSeconds: histogram(
      'quorate_combine_duration_seconds',
      'From start of exchange to a verified signature',
      durations,
    ),
    badPartials: counter('quorate_bad_partials_total', 'Partial signatures that do not verify', ['operator']),
    refused: counter('quorate_messages_refused_total', "Peers' messages turned away", ['verdict']),
    equivocations: counter('quorate_equivocations_total', 'Operators caught saying two things', ['operator']),
    connected: gauge('quorate_peer_connected', '1 while connected to the operator', ['operator']),
    dialFailures: counter('quorate_peer_dial_failures_total', 'Failed attempts to reach an operator', [
      'operator',
    ]),
    publishFailures: counter('quorate_publish_failures_total', 'Messages that could not be sent'),
    caughtUp: gauge('quorate_caught_up', '1 once this node may sign votes and blocks of the committee', [
      'committee',
    ]),
    historyAnswers: counter('quorate_history_answers_total', 'Answers of operators asked for history', [
      'operator',
      'outcome',
    ]),
    observers: gauge('quorate_observers_connected', 'Observers that are let in now'),
    observersRefused: counter('quorate_observers_refused_total', 'Observers not let in or sent away'),
    copied: counter('quorate_history_copied_total', 'Decisions that other nodes told an observer'),
    observedCertificates: gauge('quorate_observed_certificates', 'Certificates that an observer keeps', [
      'committee',
    ]),
    observedNewest: gauge('quorate_observed_newest_slot', 'Slot of the newest certificate of an observer', [
      'committee',
    ]),
    observedBehind: gauge('quorate_observed_behind_slots', 'Slots up to now that no node has told of yet', [
      'committee',
    ]),
    observedOlder: gauge('quorate_observed_older_slots_missing', 'Older slots still to be copied', [
      'committee',
    ]),
    sources: gauge('quorate_source_connected', '1 while an observer is connected to the node', ['source']),
    twins: counter('quorate_twin_messages_total', 'Messages of our own operator that we did not send'),
    faults: counter('quorate_faults_total', 'Faults by where they happened', ['where']),
    validators: gauge('quorate_validators', 'Validators in the cluster file'),
    committees: gauge('quorate_committees', 'Committees in the cluster file'),
  };
};

export const createWeb3SignerMetrics = (registry: Registry) => {
  const { counter, gauge } = makers(registry);
  return {
    seconds: new Summary({
      name: 'signing_bls_signing_duration',
      help: 'Duration of a signing operation',
      percentiles: [0.2, 0.5, 0.8, 0.95, 0.99, 1],
      maxAgeSeconds: 600,
      // Each duration goes into a digest for each of them, which is the dearest thing that is counted.
      ageBuckets: 2,
      registers: [registry],
    }),
    loaded: gauge('signing_signers_loaded_count', 'Number of signers loaded'),
    missing: counter('signing_bls_missing_identifier_count_total', 'Requests for keys that are not held'),
    malformed: counter('http_bls_malformed_request_count_total', 'Requests that could not be parsed'),
    permitted: counter(
      'eth2_slashingprotection_permitted_signings_total',
      'Signings permitted by slashing protection',
    ),
    prevented: counter(
      'eth2_slashingprotection_prevented_signings_total',
      'Signings prevented by slashing protection',
    ),
    release: gauge('process_release', 'Version of the process', ['version']),
  };
};

export type OwnMetrics = ReturnType<typeof createOwnMetrics>;
export type Web3SignerMetrics = ReturnType<typeof createWeb3SignerMetrics>;
