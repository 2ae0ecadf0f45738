/**
 * Decided history of a node: its file, what is recorded, the protocol that serves it, and catching up after a start.
 */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Network } from '../../core/eth2/network.ts';
import { slotAt } from '../../core/eth2/slots.ts';
import { memoryOf } from '../../core/history/caught-up.ts';
import type { CommitteeId, OperatorId, Slot } from '../../core/ids.ts';
import type { Registry } from '../../core/registry/committee.ts';
import { domainOf } from '../../core/wire/message-id.ts';
import type { Conduct } from '../../p2p/history/conduct.ts';
import { createHistoryProtocol } from '../../p2p/history/protocol.ts';
import type { P2p } from '../../p2p/node.ts';
import type { Database } from '../../storage/database.ts';
import { createContinuity } from '../../storage/decided/continuity.ts';
import { createDecidedLog } from '../../storage/decided/decided-log.ts';
import { openDecidedFile } from '../../storage/decided/open.ts';
import { createSlashingFold, createSlashingMemory } from '../../storage/decided/slashing-fold.ts';
import { startCatchUp, whyOf } from '../../workflow/history/catch-up.ts';
import { type CopyPorts, copyHistory } from '../../workflow/history/copy-history.ts';
import type { ControlledGate } from '../../workflow/history/gate.ts';
import type { DecidedLog } from '../../workflow/history/ports.ts';
import { createRecorder, type HistoryRecorder } from '../../workflow/history/recorder.ts';
import { createServe } from '../../workflow/history/serve.ts';
import type { Clock, Combiner, OperatorKeys } from '../../workflow/ports.ts';
import type { Report } from '../../workflow/report.ts';
import type { HistoryConfig } from './history-options.ts';

export const historyPathOf = (dataDir: string): string => join(dataDir, 'decided.sqlite');

export interface NodeHistory extends Disposable {
  readonly log: DecidedLog;
  readonly recorder: HistoryRecorder;
  /** Why no votes and blocks are signed yet, null once they are. */
  catchingUp(): string | null;
  /** The registry has changed. */
  refresh(): void;
}

export interface NodeHistoryParts {
  readonly config: HistoryConfig & { readonly dataDir: string };
  readonly network: Network;
  readonly registry: Registry;
  readonly keys: OperatorKeys;
  readonly clock: Clock;
  readonly combiner: Combiner;
  readonly database: Database;
  readonly p2p: P2p;
  readonly conduct: Conduct<OperatorId>;
  readonly gate: ControlledGate;
  readonly report: Report;
  readonly log: Logger;
}

const pruneEveryMs = 3600 * 1000;
/** Of what this node missed, so many epochs are copied from peers: ten days on mainnet. */
const copiedEpochs = 2250;
const lookEveryMs = 10_000;

/** Opens the file, begins to serve and to catch up. Throws StorageFailed. */
export const openNodeHistory = async (parts: NodeHistoryParts): Promise<NodeHistory> => {
  const { config, network, registry, clock, database, gate, report } = parts;
  const { genesisValidatorsRoot } = network;
  const stack = new DisposableStack();
  const file = stack.use(
    openDecidedFile({ path: historyPathOf(config.dataDir), genesisValidatorsRoot, nowMs: Date.now() }),
  );
  if (file.putAside !== null)
    parts.log.warn(
      { path: file.putAside },
      'the decided history was damaged and put aside; a new one is begun',
    );
  const bytesMax = config.historyMaxMb * 1024 * 1024;
  const log = createDecidedLog(file, { committees: () => registry.committees, bytesMax });
  const domain = domainOf(genesisValidatorsRoot, network.genesisForkVersion);
  const recorder = createRecorder({ ...parts, domain, log });
  stack.defer(recorder.flush);
  stack.use(startPruning(config, network, log, report));
  const continuity = createContinuity(file);
  const slashing = { ...createSlashingFold(database), ...createSlashingMemory(database) };
  const traces = { isNew: database.isNew, mark: continuity.mark(), spoken: slashing.spoken() };
  const memory = memoryOf(network, traces, slotAt(network, clock.now()));
  const protocol = protocolOf(parts);
  const catchUp = startCatchUp(
    {
      ...parts,
      domain,
      gate,
      log,
      peers: protocol,
      connected: parts.p2p.peers,
      slashing,
      continuity,
    },
    { memory, skip: config.catchUp === 'skip' },
  );
  stack.defer(catchUp.stop);
  const catchingUp = (): string | null =>
    catchUp
      .status()
      .map(({ standing }) => whyOf(standing))
      .find((why) => why !== null) ?? null;
  if (memory === 'old')
    parts.log.warn(
      { lastCaughtUp: traces.mark?.slot ?? null },
      'this node was away for more than an epoch, or its files are copies or incomplete: it asks what it signed, and signs nothing of this epoch if anything was',
    );
  if (file.isNew || memory === 'old') {
    const ports = { ...parts, domain, log, peers: protocol, connected: parts.p2p.peers };
    stack.use(startCopying(ports, traces.mark?.slot ?? (0 as Slot), () => catchingUp() === null));
  }
  await protocol.serve(createServe({ registry, log, flush: recorder.flush, status: catchUp.status }));
  if (config.catchUp === 'skip')
    parts.log.warn('--catch-up skip: votes and blocks are signed without asking what was signed before');
  return {
    log,
    recorder,
    catchingUp: () => (config.catchUp === 'skip' ? null : catchingUp()),
    refresh: catchUp.refresh,
    [Symbol.dispose]: () => stack.dispose(),
  };
};

const protocolOf = ({ p2p, conduct, report }: NodeHistoryParts) => {
  const blame = (operator: OperatorId, why: string): void => {
    conduct.blame(operator);
    report({ type: 'message-refused', verdict: 'reject', why: `history: ${why}`, from: operator });
  };
  return createHistoryProtocol({
    handle: p2p.handle,
    open: p2p.open,
    blame,
    blameAsker: (asker, why) =>
      asker.type === 'operator' ? blame(asker.operator, why) : p2p.blameObserver(asker.peer, why),
  });
};

/** Once this node has caught up it fills its file from that slot on, committee by committee, until every committee's is filled. */
const startCopying = (ports: CopyPorts, since: Slot, isReady: () => boolean): Disposable => {
  const { network, registry, clock, keys, report } = ports;
  const stopping = new AbortController();
  const to = slotAt(network, clock.now());
  const from = Math.max(since, to - copiedEpochs * network.slotsPerEpoch) as Slot;
  const copied = new Set<CommitteeId>();
  let isBusy = false;
  const copy = async (): Promise<void> => {
    for (const committee of registry.committees.values()) {
      if (copied.has(committee.id) || !committee.operators.includes(keys.self)) continue;
      if ((await copyHistory(ports, committee, { from, to }, stopping.signal)) !== null)
        copied.add(committee.id);
    }
  };
  const timer = setInterval(() => {
    if (isBusy || !isReady()) return;
    isBusy = true;
    copy()
      .catch((cause) => report({ type: 'fault', where: 'copy decided history', why: String(cause) }))
      .finally(() => {
        isBusy = false;
      });
  }, lookEveryMs);
  timer.unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      stopping.abort(new Error('stopping'));
    },
  };
};

/** Now and every hour. */
export const startPruning = (
  config: Pick<HistoryConfig, 'historyEpochs'>,
  network: Network,
  log: DecidedLog,
  report: Report,
): Disposable => {
  const prune = (): void => {
    try {
      const kept = config.historyEpochs * network.slotsPerEpoch;
      log.prune(Math.max(0, slotAt(network, Date.now()) - kept) as Slot);
    } catch (cause) {
      report({ type: 'fault', where: 'prune decided history', why: String(cause) });
    }
  };
  prune();
  const timer = setInterval(prune, pruneEveryMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
