/**
 * A cluster as the value that a cluster file holds: parseCluster of it gives the same cluster.
 */
import type { Cluster, ClusterValidator } from './cluster.ts';
import type { Operator } from './committee.ts';
import { publicKeyText } from './operator-public-key.ts';

/** Plain objects, lists, texts and numbers, for a YAML or JSON writer. */
export const renderCluster = ({ version, network, operators, validators }: Cluster): object => ({
  version,
  network,
  operators: operators.map(renderOperator),
  validators: validators.map(renderValidator),
});

const renderOperator = ({ id, publicKeyPem, formerKeys = [], addresses }: Operator): object => ({
  id,
  publicKey: publicKeyText(publicKeyPem),
  ...(formerKeys.length === 0
    ? {}
    : {
        formerKeys: formerKeys.map((former) => ({
          publicKey: publicKeyText(former.publicKeyPem),
          until: former.until,
        })),
      }),
  addresses: [...addresses],
});

const renderValidator = ({ key, operators, shares, policy }: ClusterValidator): object => ({
  publicKey: key,
  operators: [...operators],
  shares: Object.fromEntries(operators.map((id) => [String(id), shares.get(id)])),
  ...(policy.feeRecipient === null ? {} : { feeRecipient: policy.feeRecipient }),
  // Decimal text: a gas limit may be larger than a JSON number holds.
  ...(policy.gasLimit === null ? {} : { gasLimit: String(policy.gasLimit) }),
});
