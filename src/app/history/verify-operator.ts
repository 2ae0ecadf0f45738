/**
 * Operators' signatures checked with the cluster file alone: for observers and for tools, which have no key of their own.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { VerifyOperator } from '../../core/history/certificate.ts';
import type { Registry } from '../../core/registry/committee.ts';

export const createVerifyOperator = (registry: Registry): VerifyOperator => {
  const keys = new Map<string, KeyObject>();
  return (operator, data, signature) => {
    const pem = registry.operators.get(operator)?.publicKeyPem;
    if (pem === undefined || signature.length !== 256) return false;
    const key = keys.get(pem) ?? createPublicKey(pem.replaceAll('RSA PUBLIC KEY', 'PUBLIC KEY'));
    keys.set(pem, key);
    return verify('sha256', data, key, signature);
  };
};
