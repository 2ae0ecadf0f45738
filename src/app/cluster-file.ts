/**
 * From files to the registry and the network that a node works with.
 */
import { networkByName, networkNames, parseNetworkFile } from '../core/eth2/load-network.ts';
import type { Network } from '../core/eth2/network.ts';
import { buildRegistry } from '../core/registry/build-registry.ts';
import { type Cluster, type Outcome, parseCluster } from '../core/registry/cluster.ts';
import type { Registry } from '../core/registry/committee.ts';
import { judgeShares } from '../core/registry/judge-shares.ts';
import { readDocument } from './settings/document.ts';
import { orStartFailed } from './start-failed.ts';

/** 20,000 validators with 13 shares each are about 32 MB of YAML. */
const clusterBytesMax = 64 << 20;
const networkBytesMax = 1 << 20;

export interface LoadedCluster {
  readonly cluster: Cluster;
  readonly registry: Registry;
}

/** Reads, parses and checks a cluster file, shares included; problems begin with the path of the file. */
export const loadCluster = (path: string): Outcome<LoadedCluster> => {
  const document = readDocument(path, clusterBytesMax);
  if (document.type === 'problems') return document;
  const cluster = parseCluster(document.value);
  if (cluster.type === 'problems') return under(path, cluster.problems);
  const registry = buildRegistry(cluster.value);
  if (registry.type === 'problems') return under(path, registry.problems);
  const wrong = judgeShares(cluster.value);
  if (wrong.length > 0) return under(path, wrong);
  return { type: 'ok', value: { cluster: cluster.value, registry: registry.value } };
};

/** A network by name or from a file (`file` wins); `named` lists where names came from, which must agree. */
export const loadNetwork = (
  named: readonly { readonly source: string; readonly name: string }[],
  file: string | undefined,
): Outcome<Network> => {
  const [first] = named;
  const other = named.find(({ name }) => name !== first?.name);
  if (first !== undefined && other !== undefined) {
    return wrong(
      `${first.source} says network ${first.name}, ${other.source} says ${other.name}: they must agree`,
    );
  }
  if (file !== undefined) return loadNetworkFile(file);
  if (first === undefined || first.name === 'custom') {
    return wrong('network custom needs --network-file, a description of the network');
  }
  const network = networkByName(first.name);
  return network === null
    ? wrong(
        `${first.source} says network ${first.name}: known are ${networkNames.join(', ')}; others need --network-file`,
      )
    : { type: 'ok', value: network };
};

/** The registry and the network of a node, from the files that its options name. Throws StartFailed. */
export const readCluster = (config: {
  readonly clusterFile: string;
  readonly network?: string | undefined;
  readonly networkFile?: string | undefined;
}): { readonly registry: Registry; readonly network: Network } => {
  const { cluster, registry } = orStartFailed(loadCluster(config.clusterFile));
  const named = [
    { source: 'the cluster file', name: cluster.network },
    ...(config.network === undefined ? [] : [{ source: '--network', name: config.network }]),
  ];
  return { registry, network: orStartFailed(loadNetwork(named, config.networkFile)) };
};

const loadNetworkFile = (path: string): Outcome<Network> => {
  const document = readDocument(path, networkBytesMax);
  if (document.type === 'problems') return document;
  const outcome = parseNetworkFile(document.value);
  return outcome.type === 'invalid' ? under(path, outcome.problems) : { type: 'ok', value: outcome.network };
};

const under = (
  path: string,
  problems: readonly string[],
): { type: 'problems'; problems: readonly string[] } => ({
  type: 'problems',
  problems: problems.map((problem) => `${path}: ${problem}`),
});

const wrong = (problem: string): { type: 'problems'; problems: readonly string[] } => ({
  type: 'problems',
  problems: [problem],
});
