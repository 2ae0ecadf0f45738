/**
 * An observer: every room put together for a node that listens, keeps and serves, and has no operator's key.
 *
 * Start: files are read and checked, the history is opened and owned, peers are dialled, and what is missing is copied. Stop:
 * nothing more is heard, what waits is written, then everything closes in the reverse order.
 */

import { existsSync, mkdirSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Network } from '../../core/eth2/network.ts';
import type { Registry } from '../../core/registry/committee.ts';
import { domainOf } from '../../core/wire/message-id.ts';
import { createCombiner } from '../../crypto/combiner.ts';
import { loadIdentity } from '../../p2p/identity.ts';
import { type ObserverP2p, startObserverP2p } from '../../p2p/observers/observer-node.ts';
import { createDecidedLog } from '../../storage/decided/decided-log.ts';
import { type DecidedFile, openDecidedFile } from '../../storage/decided/open.ts';
import { createRecorder } from '../../workflow/history/recorder.ts';
import { createServe } from '../../workflow/history/serve.ts';
import { startKeepUp } from '../../workflow/observe/keep-up.ts';
import { nobody } from '../../workflow/observe/listening.ts';
import { createObserver } from '../../workflow/observe/observe.ts';
import type { Report } from '../../workflow/report.ts';
import { createClock } from '../clock.ts';
import { readCluster } from '../cluster-file.ts';
import { databasePathOf } from '../config.ts';
import { historyPathOf, startPruning } from '../history/node-history.ts';
import { createVerifyOperator } from '../history/verify-operator.ts';
import { tidyMemory } from '../process/tidy-memory.ts';
import { createReporting, serveMetrics } from '../report/reporting.ts';
import { cannotListen, orNothing, StartFailed } from '../start-failed.ts';
import { softwareVersion } from '../version.ts';
import { createAccount, standingsOf } from './account.ts';
import type { ObserveConfig } from './observe-config.ts';
import { observerHealthOf } from './observer-health.ts';
import { openProgress } from './progress-file.ts';

export interface Observer extends AsyncDisposable {
  readonly metricsPort: number | null;
  readonly peerId: string;
  /** As others dial us. */
  addresses(): readonly string[];
}

/** Throws StartFailed, StorageFailed or IdentityError; then nothing is left running. */
export const startObserver = (config: ObserveConfig): Promise<Observer> =>
  orNothing((stack) => assemble(config, stack));

const openHistory = (config: ObserveConfig, network: Network, log: Logger): DecidedFile => {
  if (existsSync(databasePathOf(config.dataDir)))
    throw new StartFailed(
      `--data-dir: ${config.dataDir} is the folder of an operator; give the observer one of its own`,
    );
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const path = historyPathOf(config.dataDir);
  const { genesisValidatorsRoot } = network;
  const file = openDecidedFile({ path, genesisValidatorsRoot, nowMs: Date.now() });
  if (file.putAside !== null)
    log.warn({ path: file.putAside }, 'the decided history was damaged and put aside; a new one is begun');
  return file;
};

const listen = async (
  config: ObserveConfig,
  registry: Registry,
  domain: Uint8Array,
  report: Report,
): Promise<ObserverP2p> => {
  const { privateKey } = await loadIdentity(config.dataDir);
  return startObserverP2p({
    privateKey,
    listen: config.p2pListen,
    announce: config.p2pAnnounce,
    registry,
    domain,
    peers: config.p2pPeers,
    guests: { atMost: config.observersAtMost, allowed: new Set(config.observersAllowed) },
    report,
  }).catch(cannotListen(config.p2pListen));
};

const assemble = async (config: ObserveConfig, stack: AsyncDisposableStack): Promise<Observer> => {
  const { log, metrics, report } = createReporting(config, []);
  const { registry, network } = readCluster(config);
  if (registry.committees.size === 0)
    throw new StartFailed(`${config.clusterFile}: names no validators, so there is nothing to observe`);
  const domain = domainOf(network.genesisValidatorsRoot, network.genesisForkVersion);
  const file = stack.use(openHistory(config, network, log));
  const bytesMax = config.historyMaxMb * 1024 * 1024;
  const history = createDecidedLog(file, { committees: () => registry.committees, bytesMax });
  stack.use(startPruning(config, network, history, report));
  const combiner = stack.use(createCombiner());
  const clock = createClock();
  const keys = { self: nobody, verify: createVerifyOperator(registry) };
  const base = { network, registry, domain, clock, keys, combiner, log: history, report };
  const recorder = createRecorder(base);

  const p2p = stack.use(await listen(config, registry, domain, report));
  stack.defer(recorder.flush);
  const observer = createObserver({ ...base, gossip: p2p.gossip, recorder });
  stack.defer(observer.stop);
  const keepUp = startKeepUp(
    {
      ...base,
      peers: p2p.history,
      progress: openProgress(config.dataDir, file.isNew),
      connected: () => p2p.sources().flatMap(({ source, connected }) => (connected ? [source] : [])),
      nameOf: ({ name }) => name,
    },
    {
      keptSlots: config.historyEpochs * network.slotsPerEpoch,
      // A little below the size at which the oldest decisions go.
      isFull: () => usedBytes(file) > 0.95 * bytesMax,
    },
  );
  stack.defer(keepUp.stop);
  const status = () => standingsOf(network, keepUp.status());
  await p2p.history.serve(createServe({ registry, log: history, flush: recorder.flush, status }));

  const account = stack.use(createAccount({ file, log, sources: p2p.sources, status: keepUp.status }));
  metrics.describe({
    operators: [],
    shares: 0,
    validators: registry.validators.size,
    committees: registry.committees.size,
  });
  tidyMemory();
  const text = () => {
    metrics.observed(account.observed());
    return metrics.text();
  };
  const health = () => observerHealthOf(account.facts());
  const metricsPort = await serveMetrics(config, stack, report, text, health);
  log.info(
    {
      network: network.name,
      validators: registry.validators.size,
      committees: registry.committees.size,
      metrics: metricsPort,
      peerId: p2p.peerId,
      addresses: p2p.addresses(),
    },
    `Quorate ${softwareVersion}: observes ${registry.operators.size} operators, signs nothing; keeps ${account.facts().certificates} certificates so far`,
  );
  return {
    metricsPort,
    peerId: p2p.peerId,
    addresses: p2p.addresses,
    [Symbol.asyncDispose]: async () => {
      await stack.disposeAsync();
      log.info('stopped');
    },
  };
};

const usedBytes = ({ sql }: DecidedFile): number => {
  const pragma = (name: string): number => Number(sql.prepare(`PRAGMA ${name}`).get()?.[name]);
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
};
