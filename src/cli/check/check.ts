/**
 * `quorate check`: would a node with these options work? Looks at everything it can and says what to do about the rest.
 *
 * It may run beside the node. It signs nothing and opens no database.
 */
import { loadCluster, loadNetwork } from '../../app/cluster-file.ts';
import { type RunConfig, readRunConfig, runSchema } from '../../app/config.ts';
import { httpOptionsOf } from '../../app/http-options.ts';
import { OperatorKeyFailed } from '../../app/operator-key/key-file.ts';
import { openOperatorKey, placeOf } from '../../app/operator-key/open-operator-key.ts';
import { createOperatorKeys } from '../../app/operator-key/operator-keys.ts';
import type { OperatorId } from '../../core/ids.ts';
import type { Registry } from '../../core/registry/committee.ts';
import { type Command, tellProblems } from '../command.ts';
import { doubtful, type Finding, good, renderFinding, wrong } from './finding.ts';
import { checkClock, checkDataDir, checkNodeVersion, checkPorts, checkPrivate } from './machine.ts';
import { checkPeers } from './peers.ts';
import { checkShareSigner, sharesOf } from './share-signer.ts';

export const checkCommand: Command = {
  usage: '[the options of quorate run]',
  about:
    'Checks the configuration, the cluster file with its shares, the operator key, the share signer, the ports, the clock and\nwhether the other operators can be reached. Takes the options of `quorate run`; exits with 1 if something is wrong.',
  schema: runSchema,
  async run(argv, terminal) {
    const read = readRunConfig({ argv, environment: terminal.environment });
    if (read.type === 'problems') return tellProblems('check', read.problems, terminal);
    let failed = false;
    for await (const finding of findings(read.settings)) {
      terminal.out(renderFinding(finding));
      failed ||= finding.verdict === 'wrong';
    }
    terminal.out(
      failed ? 'Something is wrong: this node would not work as it should.\n' : 'Nothing is wrong.\n',
    );
    return failed ? 1 : 0;
  },
};

const findings = async function* (config: RunConfig): AsyncGenerator<Finding> {
  yield checkNodeVersion(process.versions.node);
  yield await checkDataDir(config.dataDir);
  yield* checkPrivate([
    config.operatorKeyFile,
    config.operatorKeyPasswordFile,
    config.operatorKeyPkcs11PinFile,
    config.keystoresPasswordFile,
    config.keystoresPasswordsDir,
    config.tlsKeyFile,
    config.signerTlsKeyFile,
  ]);
  const http = httpOptionsOf(config);
  if (http.type === 'problems') yield* http.problems.map(wrong);
  yield* await checkPorts(config);
  const loaded = loadCluster(config.clusterFile);
  if (loaded.type === 'problems') {
    yield* loaded.problems.map(wrong);
    return;
  }
  const { cluster, registry } = loaded.value;
  yield good(
    `cluster file: ${registry.operators.size} operators, ${registry.committees.size} committees, ${registry.validators.size} validators; all shares belong to their keys`,
  );
  yield networkFinding(config, cluster.network);
  yield* await operatorFindings(config, registry);
};

const networkFinding = (config: RunConfig, named: string): Finding => {
  const network = loadNetwork(
    [
      { source: 'the cluster file', name: named },
      ...(config.network === undefined ? [] : [{ source: '--network', name: config.network }]),
    ],
    config.networkFile,
  );
  return network.type === 'problems'
    ? wrong(network.problems.join('\n'))
    : checkClock(network.value, Date.now());
};

const operatorFindings = async (config: RunConfig, registry: Registry): Promise<readonly Finding[]> => {
  const self = config.operatorId as OperatorId;
  const needed = sharesOf(registry, self);
  return [
    await operatorKeyFinding(config, registry, self),
    ...(needed.length === 0
      ? [doubtful(`operator ${self} holds no share in the cluster file: the node would have nothing to do`)]
      : await checkShareSigner(config, needed)),
    ...(await checkPeers(registry, self)),
  ];
};

const operatorKeyFinding = async (
  config: RunConfig,
  registry: Registry,
  self: OperatorId,
): Promise<Finding> => {
  try {
    await using key = await openOperatorKey(config);
    createOperatorKeys(key, registry, self);
    return good(`operator key: ${placeOf(config)} is the key of operator ${self}`);
  } catch (error) {
    if (error instanceof OperatorKeyFailed) return wrong(`operator key: ${error.message}`);
    throw error;
  }
};
