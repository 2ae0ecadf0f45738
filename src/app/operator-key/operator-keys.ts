/**
 * The port OperatorKeys over node:crypto: RSA-2048, PKCS#1 v1.5, SHA-256 (SSV spec, operator signatures).
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { OperatorId } from '../../core/ids.ts';
import type { Registry } from '../../core/registry/committee.ts';
import type { OperatorKeys } from '../../workflow/ports.ts';
import { OperatorKeyFailed } from './key-file.ts';
import type { OperatorPrivateKey } from './private-key.ts';

const signatureLength = 256;

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
  // By the key itself, as a reload of the cluster file may give an operator another one.
  const keys = new Map<string, KeyObject>();
  const keyOf = (operator: OperatorId): KeyObject | null => {
    const listed = registry.operators.get(operator);
    const known = keys.get(listed?.publicKeyPem ?? '');
    if (known !== undefined || listed === undefined) return known ?? null;
    const key = createPublicKey(listed.publicKeyPem.replaceAll('RSA PUBLIC KEY', 'PUBLIC KEY'));
    keys.set(listed.publicKeyPem, key);
    return key;
  };
  return {
    self,
    sign: privateKey.sign,
    verify(operator, data, signature) {
      const key = signature.length === signatureLength ? keyOf(operator) : null;
      return key !== null && verify('sha256', data, key, signature);
    },
  };
};
