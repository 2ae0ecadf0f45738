/**
 * The port OperatorKeys over node:crypto: RSA-2048, PKCS#1 v1.5, SHA-256 (SSV spec, operator signatures).
 */
import type { OperatorId } from '../../core/ids.ts';
import type { Registry } from '../../core/registry/committee.ts';
import type { OperatorKeys } from '../../workflow/ports.ts';
import { createVerifyOperator } from '../history/verify-operator.ts';
import { OperatorKeyFailed } from './key-file.ts';
import type { OperatorPrivateKey } from './private-key.ts';

/**
 * Signs as operator `self`, verifies for every operator of the registry. Throws OperatorKeyFailed where the private key is
 * not the one that the registry has for `self`: peers would refuse every message.
 */
export const createOperatorKeys = (
  privateKey: OperatorPrivateKey,
  registry: Registry,
  self: OperatorId,
): OperatorKeys => {
  const own = registry.operators.get(self);
  if (own === undefined) throw new OperatorKeyFailed(`operator ${self} is not listed in the cluster file`);
  if (own.publicKeyPem !== privateKey.publicPem) {
    throw new OperatorKeyFailed(
      `the operator key is not the key of operator ${self} in the cluster file: check --operator-id and which key is configured`,
    );
  }
  return { self, sign: privateKey.sign, verify: createVerifyOperator(registry) };
};
