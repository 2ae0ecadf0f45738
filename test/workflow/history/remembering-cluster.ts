/**
 * A simulated cluster whose members keep real databases in a folder each and tell one another their history.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLiveRegistry } from '../../../src/app/live-registry.ts';
import { slotAt } from '../../../src/core/eth2/slots.ts';
import { memoryOf } from '../../../src/core/history/caught-up.ts';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type HistoryRequest,
  type HistoryResponse,
} from '../../../src/core/history/messages.ts';
import type { OperatorId, ValidatorKey } from '../../../src/core/ids.ts';
import type { Registry } from '../../../src/core/registry/committee.ts';
import { domainOf } from '../../../src/core/wire/message-id.ts';
import { type Database, openDatabase } from '../../../src/storage/database.ts';
import { createContinuity } from '../../../src/storage/decided/continuity.ts';
import { createDecidedLog } from '../../../src/storage/decided/decided-log.ts';
import { openDecidedFile } from '../../../src/storage/decided/open.ts';
import { createSlashingFold, createSlashingMemory } from '../../../src/storage/decided/slashing-fold.ts';
import { createSlashingProtection } from '../../../src/storage/slashing-protection.ts';
import { createVoteJournal } from '../../../src/storage/vote-journal.ts';
import { type CatchUp, startCatchUp } from '../../../src/workflow/history/catch-up.ts';
import { type ControlledGate, createGate } from '../../../src/workflow/history/gate.ts';
import type { DecidedLog, HistoryPeers } from '../../../src/workflow/history/ports.ts';
import { createRecorder } from '../../../src/workflow/history/recorder.ts';
import { createServe } from '../../../src/workflow/history/serve.ts';
import type { SlashingProtection } from '../../../src/workflow/ports.ts';
import type { WorkflowPorts } from '../../../src/workflow/workflow.ts';
import { createRandom } from '../../fakes/random.ts';
import { provingCombiner } from '../../fakes/signing.ts';
import { type Cluster, createCluster, type Member } from '../../simulation/world/cluster.ts';

const onlyWith = (registry: Registry, validators: readonly ValidatorKey[] | undefined): Registry => {
  if (validators === undefined) return registry;
  const kept = [...registry.validators.values()].filter(({ key }) => validators.includes(key));
  return {
    ...registry,
    validators: new Map(kept.map((validator) => [validator.key, validator])),
    byNumber: new Map(kept.map((validator) => [validator.number, validator])),
  };
};

type Serve = (request: HistoryRequest) => HistoryResponse;

export interface Life {
  readonly database: Database;
  readonly slashing: SlashingProtection;
  readonly log: DecidedLog;
  readonly catchUp: CatchUp;
  readonly gate: ControlledGate;
  readonly blamed: string[];
  /** Its cluster file, read anew, has these validators only. */
  reload(validators: readonly ValidatorKey[]): void;
  serve: Serve;
}

export interface RememberingCluster extends Disposable {
  readonly cluster: Cluster;
  lifeOf(operator: number): Life;
  /** With a cluster file that has these validators only; all unless given. */
  start(operator: number, validators?: readonly ValidatorKey[]): void;
  /** Ends it at once and closes its files. */
  crash(operator: number): void;
  /** Of a member that is down. */
  deleteDatabases(operator: number): void;
  backUp(operator: number): void;
  /** The backup in the place of what the node had. */
  restore(operator: number): void;
  deleteHistory(operator: number): void;
  deleteSlashing(operator: number): void;
  /** Only the slashing database of the backup, beside the decided history as it was. */
  restoreSlashing(operator: number): void;
  /** What this operator tells in the place of the truth; null: it does not answer. */
  lie(
    operator: number,
    answer: (truth: HistoryResponse, request: HistoryRequest) => HistoryResponse | null,
  ): void;
}

export interface RememberingOptions {
  readonly n?: number;
  readonly validators?: number;
  readonly skipCatchUp?: (operator: number) => boolean;
}

export const createRememberingCluster = (options: RememberingOptions = {}): RememberingCluster => {
  const root = mkdtempSync(join(tmpdir(), 'quorate-history-'));
  const known = new Map<OperatorId, readonly ValidatorKey[]>();
  const lives = new Map<OperatorId, Life & { close(): void }>();
  const lies = new Map<
    OperatorId,
    (truth: HistoryResponse, request: HistoryRequest) => HistoryResponse | null
  >();
  const folderOf = (operator: number): string => {
    const folder = join(root, String(operator));
    mkdirSync(folder, { recursive: true });
    return folder;
  };

  const peersOf = (member: Member, { clock }: WorkflowPorts, blamed: string[]): HistoryPeers => ({
    blame: (operator, why) => void blamed.push(`${operator}: ${why}`),
    ask: (operator, request, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        clock.at(clock.now() + 10, () => {
          const asked = decodeRequest(encodeRequest(request));
          const truth = asked === null ? undefined : lives.get(operator)?.serve(asked);
          if (truth === undefined)
            return reject(new Error(`operator ${operator} is not connected to ${member.id}`));
          const told = lies.has(operator) ? (lies.get(operator)?.(truth, request) ?? null) : truth;
          if (told === null) return;
          const answer = decodeResponse(encodeResponse(told));
          if (answer === null) return reject(new Error('malformed answer'));
          clock.at(clock.now() + 10, () => resolve(answer));
        });
      }),
  });

  const open = (member: Member, base: WorkflowPorts): Partial<WorkflowPorts> => {
    const { network, clock } = base;
    const { genesisValidatorsRoot } = network;
    const registry = createLiveRegistry(onlyWith(base.registry, known.get(member.id)));
    const folder = folderOf(member.id);
    const database = openDatabase({
      path: join(folder, 'slashing.sqlite'),
      create: true,
      genesisValidatorsRoot,
    });
    const file = openDecidedFile({ path: join(folder, 'decided.sqlite'), genesisValidatorsRoot, nowMs: 1 });
    const log = createDecidedLog(file, { committees: () => registry.committees, bytesMax: 1 << 30 });
    const domain = domainOf(genesisValidatorsRoot, network.genesisForkVersion);
    const gate = createGate(clock);
    const recorder = createRecorder({ ...base, registry, domain, log });
    const continuity = createContinuity(file);
    const remembering = { ...createSlashingFold(database), ...createSlashingMemory(database) };
    const traces = { isNew: database.isNew, mark: continuity.mark(), spoken: remembering.spoken() };
    const blamed: string[] = [];
    const catchUp = startCatchUp(
      {
        ...base,
        registry,
        combiner: provingCombiner,
        domain,
        gate,
        log,
        connected: base.peers,
        peers: peersOf(member, base, blamed),
        slashing: remembering,
        continuity,
      },
      {
        memory: memoryOf(network, traces, slotAt(network, clock.now())),
        skip: options.skipCatchUp?.(member.id) ?? false,
      },
    );
    const slashing = createSlashingProtection(database);
    lives.set(member.id, {
      database,
      slashing,
      log,
      catchUp,
      gate,
      blamed,
      reload: (validators) => {
        registry.replace(onlyWith(base.registry, validators));
        catchUp.refresh();
      },
      serve: createServe({ registry, log, flush: recorder.flush, status: catchUp.status }),
      close: () => {
        catchUp.stop();
        database.close();
        file[Symbol.dispose]();
      },
    });
    return {
      registry,
      slashing,
      journal: createVoteJournal(database),
      // A write that a timer of the dead process would do.
      recorder: { ...recorder },
      gate,
      onTwin: gate.halt,
    };
  };

  const cluster = createCluster({
    n: options.n ?? 4,
    validators: options.validators ?? 2,
    random: createRandom(1),
    more: open,
  });
  const memberOf = (operator: number): Member => cluster.members[operator - 1] as Member;
  const copyAll = (from: string, to: string): void => {
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) copyFileSync(join(from, name), join(to, name));
  };

  const remove = (operator: number, kind: string): void => {
    const folder = folderOf(operator);
    for (const name of readdirSync(folder)) if (name.startsWith(kind)) rmSync(join(folder, name));
  };

  const world: RememberingCluster = {
    cluster,
    lifeOf: (operator) => {
      const life = lives.get(operator as OperatorId);
      if (life === undefined) throw new Error(`operator ${operator} is down`);
      return life;
    },
    start: (operator, validators) => {
      if (validators === undefined) known.delete(operator as OperatorId);
      else known.set(operator as OperatorId, validators);
      cluster.start(memberOf(operator));
    },
    crash: (operator) => {
      cluster.crash(memberOf(operator));
      lives.get(operator as OperatorId)?.close();
      lives.delete(operator as OperatorId);
    },
    deleteDatabases: (operator) => rmSync(folderOf(operator), { recursive: true }),
    backUp: (operator) => copyAll(folderOf(operator), `${folderOf(operator)}-backup`),
    restore: (operator) => {
      const backup = `${folderOf(operator)}-backup`;
      if (!existsSync(backup)) throw new Error('no backup');
      copyAll(backup, folderOf(operator));
    },
    deleteHistory: (operator) => remove(operator, 'decided'),
    deleteSlashing: (operator) => remove(operator, 'slashing'),
    restoreSlashing: (operator) => {
      const [from, to] = [`${folderOf(operator)}-backup`, folderOf(operator)];
      remove(operator, 'slashing');
      for (const name of readdirSync(from))
        if (name.startsWith('slashing')) copyFileSync(join(from, name), join(to, name));
    },
    lie: (operator, answer) => void lies.set(operator as OperatorId, answer),
    [Symbol.dispose]: () => {
      for (const member of cluster.members) if (member.workflow !== null) world.crash(member.id);
      rmSync(root, { recursive: true, force: true });
    },
  };
  return world;
};
