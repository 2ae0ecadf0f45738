/**
 * How each validator client is pointed at an operator: its usual flags for a Web3Signer.
 */
import type { DemoCluster } from './cluster.ts';

export const clientFlags = (cluster: DemoCluster): string => {
  const urls = cluster.operators.map((id) => `  operator ${id}: http://127.0.0.1:${cluster.httpPortOf(id)}`);
  const url = `http://127.0.0.1:${cluster.httpPortOf(1)}`;
  const [key] = cluster.validators;
  return `
The operators run until Ctrl-C. Each operator points its own validator client at its own node:
${urls.join('\n')}

  Lighthouse  in validator_definitions.yml:
                - enabled: true
                  voting_public_key: "${key}"
                  type: web3signer
                  url: "${url}"
  Teku        --validators-external-signer-url=${url} --validators-external-signer-public-keys=external-signer
  Prysm       --validators-external-signer-url=${url} --validators-external-signer-public-keys=${url}/api/v1/eth2/publicKeys
  Lodestar    --externalSigner.url ${url} --externalSigner.fetch
  Nimbus      --web3-signer-url=${url}
  Vero        --remote-signer-url=${url}

Run them without their --distributed (Obol) modes: Quorate returns whole signatures. This demonstration's network is its own;
for a real one, give the same flags to a node of a cluster on that network.

Anyone may watch, without a key (the history is copied as well):
  quorate observe --cluster-file ${cluster.dir}/shares/cluster.yaml --network-file ${cluster.dir}/network.yaml \\
                  --data-dir ${cluster.dir}/observer --p2p-listen /ip4/127.0.0.1/tcp/0 --log-format pretty
`;
};
