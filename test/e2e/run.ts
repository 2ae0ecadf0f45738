/**
 * One run from genesis to verdicts: operators, beacon node, four validator clients, the story, the report.
 */
import { join } from 'node:path';
import { type BeaconApi, createBeaconApi } from './chain/beacon-api.ts';
import { createObserver } from './chain/observer.ts';
import { createSignatureLog, type SignatureLog } from './chain/signature-log.ts';
import { interopKey } from './operators/interop-keys.ts';
import { createMockOperators } from './operators/mock.ts';
import { listedKeys, type NetworkFacts, type Operators, operatorNumbers } from './operators/operators.ts';
import { createQuorateOperators } from './operators/quorate.ts';
import type { Options } from './options.ts';
import { tellStory } from './parts.ts';
import { formatReport, writeReport } from './report.ts';
import { resultOf } from './results.ts';
import { judge } from './verdicts.ts';
import { startExecutionEngine } from './world/execution-engine.ts';
import { beaconUrl, type Chain, startBeaconNode, startValidatorClient } from './world/lodestar.ts';
import type { Supervisor } from './world/supervisor.ts';
import { freePorts, waitFor } from './world/wait.ts';

const validators = 64;
const localValidators = 48;
/** Time for the beacon node, the operators and the clients to start; later readiness only moves the counted epochs. */
const genesisDelaySeconds = 30;
const readyTimeoutMs = 120_000;

export interface RunContext {
  readonly options: Options;
  /** Everything the run writes goes here. */
  readonly folder: string;
  readonly supervisor: Supervisor;
  readonly say: (line: string) => void;
}

const keys = Array.from({ length: validators - localValidators }, (_, i) => interopKey(localValidators + i));

const createOperators = async ({ options, folder, supervisor }: RunContext): Promise<Operators> => {
  switch (options.signer) {
    case 'mock':
      return createMockOperators(keys, await freePorts(4));
    case 'quorate':
      return createQuorateOperators({
        folder: join(folder, 'operators'),
        supervisor,
        keys,
        slotSeconds: options.slotSeconds,
      });
  }
};

const startChain = async (
  context: RunContext,
): Promise<{ chain: Chain; beacon: BeaconApi; network: NetworkFacts }> => {
  const { options, folder, supervisor, say } = context;
  const [restPort = 0, p2pPort = 0, enginePort = 0] = await freePorts(3);
  const genesisTime = Math.floor(Date.now() / 1000) + genesisDelaySeconds;
  const chain: Chain = {
    ...{ folder, slotSeconds: options.slotSeconds, genesisTime, validators, localValidators },
    ...{ restPort, p2pPort, enginePort },
  };
  await startExecutionEngine(enginePort);
  startBeaconNode(supervisor, chain);
  const beacon = createBeaconApi(beaconUrl(chain));
  const options_ = { what: 'the beacon node', timeoutMs: readyTimeoutMs, check: supervisor.assertAllRunning };
  await waitFor(options_, beacon.isUp);
  const { time, validatorsRoot } = await beacon.genesis();
  if (time !== genesisTime) throw new Error(`the beacon node's genesis is at ${time}, not at ${genesisTime}`);
  say(`beacon node is up; genesis in ${genesisTime - Math.floor(Date.now() / 1000)} s`);
  const config = await beacon.config();
  const network = {
    genesisTime,
    genesisValidatorsRoot: validatorsRoot,
    slotSeconds: options.slotSeconds,
    config,
  };
  return { chain, beacon, network };
};

const startOperators = async (
  context: RunContext,
  operators: Operators,
  network: NetworkFacts,
): Promise<void> => {
  await operators.configure(network);
  await Promise.all(operatorNumbers.map((operator) => operators.start(operator)));
  for (const operator of operatorNumbers) {
    const what = `operator ${operator} to list ${keys.length} keys`;
    await waitFor(
      { what, timeoutMs: readyTimeoutMs, check: context.supervisor.assertAllRunning },
      async () => {
        const listed = await listedKeys(operators.url(operator));
        return keys.every(({ publicKey }) => listed.includes(publicKey)) ? listed : null;
      },
    );
  }
  context.say('all four operators list their keys');
};

const startClients = (
  context: RunContext,
  chain: Chain,
  operators: Operators,
  signatures: SignatureLog,
): void => {
  for (const operator of operatorNumbers) {
    startValidatorClient(context.supervisor, chain, operator, operators.url(operator), (line) =>
      signatures.read(operator, line),
    );
  }
  context.say('four validator clients started');
};

/** True when every verdict holds. Throws when the run cannot go on, with the reason. */
export const runEndToEnd = async (context: RunContext): Promise<boolean> => {
  const { options, supervisor, say } = context;
  const operators = await createOperators(context);
  const { chain, beacon, network } = await startChain(context);
  await startOperators(context, operators, network);
  const signatures = createSignatureLog();
  startClients(context, chain, operators, signatures);
  const observer = createObserver({
    ...{ beacon, signatures, say, check: supervisor.assertAllRunning },
    ...{ genesisTimeMs: chain.genesisTime * 1000, slotMs: chain.slotSeconds * 1000 },
    validators: keys.map(({ index }) => index),
  });

  const story = await tellStory({ options, operators, observer, keys, network, say });
  const record = await observer.readChain();
  await supervisor.stopAll();
  const contradictions = await operators.findContradictions();

  const results = story.parts.map((part) => resultOf(part, record, signatures, observer.slotStartMs));
  const verdicts = judge(results, story, record, contradictions);
  const passed = verdicts.every(({ holds }) => holds);
  process.stdout.write(`${formatReport(results, verdicts)}\n`);
  const file = options.reportFile ?? join(context.folder, 'report.json');
  const { signer, slotSeconds } = options;
  writeReport(file, {
    signer,
    slotSeconds,
    finalizedEpoch: record.finalizedEpoch,
    passed,
    parts: results,
    verdicts,
  });
  return passed;
};
