/**
 * Four Quorate nodes, each a process with its own folder: key share keystores, operator key, databases.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Child, Supervisor } from '../world/supervisor.ts';
import { freePorts } from '../world/wait.ts';
import { readAnswers } from './answers.ts';
import { countRecords, findContradictions, type Interchange } from './contradictions.ts';
import type { InteropKey } from './interop-keys.ts';
import { type NetworkFacts, type OperatorNumber, type Operators, operatorNumbers } from './operators.ts';
import { type Ceremony, holdCeremony, quorate, quorateMain } from './quorate-keys.ts';

interface Ports {
  readonly http: number;
  readonly metrics: number;
  readonly p2p: number;
}

export interface QuorateOptions {
  readonly folder: string;
  readonly supervisor: Supervisor;
  readonly keys: readonly InteropKey[];
  readonly slotSeconds: number;
}

const assignPorts = async (): Promise<Readonly<Record<OperatorNumber, Ports>>> => {
  const free = await freePorts(12);
  const of = (operator: OperatorNumber): Ports => {
    const [http = 0, metrics = 0, p2p = 0] = free.slice(3 * (operator - 1), 3 * operator);
    return { http, metrics, p2p };
  };
  return { 1: of(1), 2: of(2), 3: of(3), 4: of(4) };
};

const writeNetworkFile = (file: string, network: NetworkFacts): void => {
  const facts = {
    ...network.config,
    PRESET_BASE: 'minimal',
    SECONDS_PER_SLOT: network.slotSeconds,
    GENESIS_TIME: network.genesisTime,
    GENESIS_VALIDATORS_ROOT: network.genesisValidatorsRoot,
  };
  writeFileSync(file, `${JSON.stringify(facts, null, 2)}\n`);
};

const answerKinds = ['attestation', 'block', 'aggregate', 'sync-message', 'contribution', 'exchange'];

const runFlags = (
  operator: OperatorNumber,
  ceremony: Ceremony,
  networkFile: string,
  ports: Ports,
  slotSeconds: number,
): string[] => {
  const share = ceremony.shares[operator];
  // Half a slot, as the defaults are for slots of 12 s: a client that waits past the end of a slot skips the next one.
  const timeouts = answerKinds.flatMap((kind) => [`--timeout-${kind}-ms`, String(500 * slotSeconds)]);
  return [
    ...['run', '--cluster-file', ceremony.clusterFile, '--network-file', networkFile],
    ...['--operator-id', String(operator), '--operator-key-file', share.operatorKeyFile],
    ...['--data-dir', share.dataFolder, '--keystores-dir', share.keystoresFolder],
    ...['--keystores-passwords-dir', share.passwordsFolder],
    ...['--http-port', String(ports.http), '--metrics-port', String(ports.metrics)],
    ...['--p2p-listen', `/ip4/127.0.0.1/tcp/${ports.p2p}`, '--log-level', 'debug'],
    ...timeouts,
  ];
};

const exportRecords = async (dataFolder: string, networkFile: string, file: string): Promise<Interchange> => {
  await quorate([
    'slashing',
    'export',
    '--data-dir',
    dataFolder,
    '--network-file',
    networkFile,
    '--out-file',
    file,
  ]);
  return JSON.parse(readFileSync(file, 'utf8')) as Interchange;
};

export const createQuorateOperators = async (options: QuorateOptions): Promise<Operators> => {
  const { folder, supervisor, keys } = options;
  mkdirSync(folder, { recursive: true });
  const networkFile = join(folder, 'network.json');
  const ports = await assignPorts();
  const children = new Map<OperatorNumber, Child>();
  const addresses = operatorNumbers.map((operator) => `/ip4/127.0.0.1/tcp/${ports[operator].p2p}`);
  const ceremony = await holdCeremony(folder, keys, addresses);

  const start = async (operator: OperatorNumber): Promise<void> => {
    const child = supervisor.start({
      name: `quorate-${operator}`,
      command: process.execPath,
      args: [quorateMain, ...runFlags(operator, ceremony, networkFile, ports[operator], options.slotSeconds)],
      cwd: ceremony.shares[operator].folder,
    });
    children.set(operator, child);
  };
  const metricsOf = async (operator: OperatorNumber): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${ports[operator].metrics}/metrics`);
    if (!response.ok) throw new Error(`the metrics of operator ${operator} answered ${response.status}`);
    return response.text();
  };
  const compareRecords = async (): Promise<readonly string[]> => {
    const exportOf = (operator: OperatorNumber): Promise<Interchange> =>
      exportRecords(
        ceremony.shares[operator].dataFolder,
        networkFile,
        join(folder, `slashing-${operator}.json`),
      );
    const documents = await Promise.all(operatorNumbers.map(exportOf));
    return countRecords(documents) === 0
      ? ['there are no records to compare']
      : findContradictions(documents);
  };
  return {
    url: (operator) => `http://127.0.0.1:${ports[operator].http}`,
    configure: async (network) => writeNetworkFile(networkFile, network),
    start,
    kill: async (operator) => children.get(operator)?.kill(),
    answers: async (running) => readAnswers(await Promise.all(running.map(metricsOf))),
    findContradictions: compareRecords,
  };
};
