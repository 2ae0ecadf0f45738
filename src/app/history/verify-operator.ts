/**
 * Operators' signatures checked with the cluster file alone: for nodes, and for observers and tools, which have no key of
 * their own.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { VerifyOperator } from '../../core/history/certificate.ts';
import type { Registry } from '../../core/registry/committee.ts';
import { keysIn } from '../../core/registry/former-keys.ts';

const signatureLength = 256;

export const createVerifyOperator = (registry: Registry): VerifyOperator => {
  // By the key itself, as a reload of the cluster file may give an operator another one.
  const known = new Map<string, KeyObject>();
  const keyOf = (pem: string): KeyObject => {
    const key = known.get(pem) ?? createPublicKey(pem.replaceAll('RSA PUBLIC KEY', 'PUBLIC KEY'));
    known.set(pem, key);
    return key;
  };
  return (operator, data, signature, slot) => {
    const listed = registry.operators.get(operator);
    if (listed === undefined || signature.length !== signatureLength) return false;
    return keysIn(listed, slot).some((pem) => verify('sha256', data, keyOf(pem), signature));
  };
};
