/**
 * An operator's node: every room put together.
 *
 * Start: files and keys are read and checked, the database is opened and owned, peers are dialled, and only then clients are
 * served; public keys are told once all shares are there. Stop: running requests finish, then everything closes in the
 * reverse order.
 */

import { mkdirSync } from 'node:fs';
import type { Network } from '../core/eth2/network.ts';
import { type OperatorId, parseOperatorId, type ShareKey } from '../core/ids.ts';
import { domainOf } from '../core/wire/message-id.ts';
import { createCombiner } from '../crypto/combiner.ts';
import type { PublicKeys } from '../http/deps.ts';
import { createHttpServer } from '../http/server.ts';
import { createConduct } from '../p2p/history/conduct.ts';
import { loadIdentity } from '../p2p/identity.ts';
import { type PeerStatus, startP2p } from '../p2p/node.ts';
import { type Database, openDatabase } from '../storage/database.ts';
import { createSlashingProtection } from '../storage/slashing-protection.ts';
import { createVoteJournal } from '../storage/vote-journal.ts';
import { createGate } from '../workflow/history/gate.ts';
import { createWorkflow } from '../workflow/workflow.ts';
import { createClock } from './clock.ts';
import { readCluster } from './cluster-file.ts';
import { databasePathOf, type RunConfig, timeoutMsOf } from './config.ts';
import { openNodeHistory } from './history/node-history.ts';
import { httpOptionsOf } from './http-options.ts';
import { openNodeKeymanager } from './keymanager/open-keymanager.ts';
import { openOwnPolicies } from './keymanager/own-policies.ts';
import { createLiveRegistry, type LiveRegistry } from './live-registry.ts';
import { healthOf } from './node-health.ts';
import { takeLease } from './operator-key/lease.ts';
import { openOperatorKey } from './operator-key/open-operator-key.ts';
import { createOperatorKeys } from './operator-key/operator-keys.ts';
import { tidyMemory } from './process/tidy-memory.ts';
import { startPruning } from './prune-slashing.ts';
import { createReloading } from './reloading.ts';
import { createReporting, serveMetrics } from './report/reporting.ts';
import { openShares } from './shares/open-shares.ts';
import { cannotListen, orNothing, orStartFailed, StartFailed } from './start-failed.ts';
import { softwareVersion } from './version.ts';

export interface Node extends AsyncDisposable {
  readonly httpPort: number;
  readonly metricsPort: number | null;
  readonly peerId: string;
  /** As other operators dial us. */
  addresses(): readonly string[];
  peers(): readonly PeerStatus[];
  /** As POST /reload. */
  reload(): void;
}

const openOwnDatabase = (config: RunConfig, network: Network): Database => {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const { genesisValidatorsRoot } = network;
  return openDatabase({ path: databasePathOf(config.dataDir), create: true, genesisValidatorsRoot });
};

/** The shares of this operator, by the newest registry. */
const ownShares = (registry: LiveRegistry, self: OperatorId): readonly ShareKey[] =>
  [...registry.validators.values()].flatMap((validator) => validator.shares.get(self) ?? []);

/** Throws StartFailed, OperatorKeyFailed, StorageFailed or IdentityError; then nothing is left running. */
export const startNode = (config: RunConfig): Promise<Node> => orNothing((stack) => assemble(config, stack));

const assemble = async (config: RunConfig, stack: AsyncDisposableStack): Promise<Node> => {
  const { log, metrics, report } = createReporting(config, config.logFollow);
  const { registry: loaded, network } = readCluster(config);
  const policies = openOwnPolicies(config.dataDir);
  const registry = createLiveRegistry(policies.over(loaded));
  const self = parseOperatorId(config.operatorId);
  if (self === null) throw new StartFailed('--operator-id: must be a whole number from 1');
  const keys = createOperatorKeys(stack.use(await openOperatorKey(config)), registry, self);
  if (config.operatorKeyFile !== undefined) stack.use(await takeLease({ keyFile: config.operatorKeyFile }));
  const httpOptions = orStartFailed(httpOptionsOf(config));

  const database = stack.use(openOwnDatabase(config, network));
  if (database.isNew)
    log.warn(
      { path: database.path },
      'made a new slashing protection database: if this operator has signed before, stop and import its history (quorate slashing import)',
    );
  stack.use(startPruning(config, network, database, report));
  const combiner = stack.use(createCombiner());
  const signer = stack.use(await openShares(config, network, combiner, report, log));

  const identity = await loadIdentity(config.dataDir);
  const clock = createClock();
  const gate = createGate(clock);
  const conduct = createConduct<OperatorId>(Date.now);
  let silence = (): void => {};
  /** Two nodes with one operator's shares could sign different data: the one that notices says and signs nothing more. */
  const halt = (why: string): void => {
    if (gate.halted() === null) log.error(why);
    gate.halt(why);
    silence();
  };
  const p2p = stack.use(
    await startP2p({
      privateKey: identity.privateKey,
      listen: config.p2pListen,
      announce: config.p2pAnnounce,
      registry,
      keys,
      domain: domainOf(network.genesisValidatorsRoot, network.genesisForkVersion),
      report,
      appScore: conduct.scoreOf,
      guests: { atMost: config.observersAtMost, allowed: new Set(config.observersAllowed) },
      onTwin: ({ peer }) =>
        halt(
          `another node runs with this operator's key (peer ${peer}); stop one of the two, then restart this one`,
        ),
    }).catch(cannotListen(config.p2pListen)),
  );
  const history = stack.use(
    await openNodeHistory({
      config,
      network,
      registry,
      keys,
      clock,
      combiner,
      database,
      p2p,
      conduct,
      gate,
      report,
      log,
    }),
  );
  const workflow = createWorkflow({
    network,
    registry,
    strictness: config.valueCheck,
    timeoutMs: (type) => timeoutMsOf(config, type),
    clock,
    gossip: p2p.gossip,
    peers: p2p.peers,
    keys,
    signer: signer.shareSigner,
    slashing: createSlashingProtection(database),
    journal: createVoteJournal(database),
    combiner,
    recorder: history.recorder,
    gate,
    onTwin: halt,
    report,
  });
  silence = workflow.stop;
  if (gate.halted() !== null) silence();
  stack.defer(() => workflow.stop());

  const describe = (): void => {
    const shares = ownShares(registry, self);
    metrics.describe({
      operators: [...registry.operators.keys()],
      shares: shares.length,
      validators: registry.validators.size,
      committees: registry.committees.size,
    });
  };
  describe();
  const reloading = createReloading(log, report, async () => {
    const next = readCluster(config);
    if (next.network.genesisValidatorsRoot !== network.genesisValidatorsRoot) {
      throw new StartFailed('the cluster file names another network now: restart the node for that');
    }
    await signer.reload();
    registry.replace(policies.over(next.registry));
    p2p.replaceRegistry(registry);
    history.refresh();
    describe();
    return signer.problems();
  });

  const publicKeys = (): PublicKeys => {
    const missing = signer.missing(ownShares(registry, self));
    if (missing !== null) return { type: 'not-ready', why: missing };
    const ours = [...registry.validators.values()].filter((validator) => validator.shares.has(self));
    return { type: 'ready', keys: ours.map((validator) => validator.key) };
  };
  const http = stack.use(
    createHttpServer(
      {
        network,
        sign: async (validator, request, signal) => {
          const halted = gate.halted();
          return halted === null
            ? workflow.sign(validator, request, signal)
            : { type: 'not-ready', detail: halted };
        },
        publicKeys,
        health: () => {
          const state = publicKeys();
          return healthOf({
            self,
            registry,
            keysMissing: state.type === 'ready' ? null : state.why,
            keysLoaded: state.type === 'ready' ? state.keys.length : 0,
            keyErrors: signer.problems().length,
            isConnected: p2p.peers.isConnected,
            databaseDown: database.whyDown(),
            halted: gate.halted(),
            catchingUp: history.catchingUp(),
          });
        },
        reload: reloading.start,
        reloadStatus: reloading.status,
        report,
        answered: metrics.answered,
        ...openNodeKeymanager(config, {
          shares: signer,
          database,
          policies: policies.admin(registry.replace),
          registry,
          self,
          log,
        }),
      },
      httpOptions,
    ),
  );
  tidyMemory();
  const { port: httpPort } = await http.listen();
  const metricsPort = await serveMetrics(config, stack, report, metrics.text);
  log.info(
    {
      operator: self,
      network: network.name,
      validators: registry.validators.size,
      http: `${config.httpHost}:${httpPort}`,
      metrics: metricsPort,
      peerId: p2p.peerId,
      addresses: p2p.addresses(),
    },
    `Quorate ${softwareVersion}: operator ${self} serves validator clients on ${config.httpHost}:${httpPort}`,
  );
  return {
    httpPort,
    metricsPort,
    peerId: p2p.peerId,
    addresses: p2p.addresses,
    peers: p2p.status,
    reload: reloading.start,
    [Symbol.asyncDispose]: async () => {
      await stack.disposeAsync();
      log.info('stopped');
    },
  };
};
