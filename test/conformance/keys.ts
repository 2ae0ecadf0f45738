/**
 * The operators' RSA keys of the vectors: PKCS#1 v1.5 with SHA-256 over the SSZ of the inner message.
 */
import { createPrivateKey, createPublicKey, createSign, createVerify, type KeyObject } from 'node:crypto';
import { encodeSsvMessage, type SignedMessage, type SsvMessage } from '../../src/core/wire/signed.ts';
import { type Json, vectorsOf } from './vectors.ts';

const publicKeys = new Map<string, KeyObject>();

/** `text` is base64 of PEM text with a label that does not fit its SPKI content, so the armour is stripped by hand. */
export const publicKeyOf = (text: string): KeyObject => {
  const known = publicKeys.get(text);
  if (known !== undefined) return known;
  const pem = Buffer.from(text, 'base64').toString('utf8');
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  publicKeys.set(text, key);
  return key;
};

const privateKeys = new Map<string, KeyObject>();

const privateKeyOf = (hexOfPem: string): KeyObject => {
  const known = privateKeys.get(hexOfPem);
  if (known !== undefined) return known;
  const key = createPrivateKey(Buffer.from(hexOfPem, 'hex').toString('utf8'));
  privateKeys.set(hexOfPem, key);
  return key;
};

export const verifyWith = (key: KeyObject, message: SsvMessage, signature: Uint8Array): boolean =>
  createVerify('sha256').update(encodeSsvMessage(message)).verify(key, signature);

/** Verifies every signature of a message against a committee in the vectors' JSON. */
export const verifierOf =
  (committee: Json) =>
  (signed: SignedMessage): boolean =>
    signed.operators.every((operator, at) => {
      const member = committee.find((one: Json) => one.OperatorID === operator);
      const signature = signed.signatures[at];
      if (member === undefined || signature === undefined) return false;
      return verifyWith(publicKeyOf(member.SSVOperatorPubKey), signed.message, signature);
    });

export type Signer = (operator: number, message: SsvMessage) => Uint8Array;

/** Some files leave the keys out; all of one committee size use the same, so any other file has them. */
export const signersOf = (folder: string): ((size: number) => Signer) => {
  const bySize = new Map<number, Json>();
  for (const { json } of vectorsOf(folder, 'qbft', 'tests.MsgProcessingSpecTest')) {
    if (json.PrivateKeys) bySize.set(Number(json.PrivateKeys.ShareCount), json.PrivateKeys.OperatorKeys);
  }
  return (size) => (operator, message) => {
    const key = bySize.get(size)?.[String(operator)];
    if (key === undefined) throw new Error(`no key of operator ${operator} in a committee of ${size}`);
    return createSign('sha256').update(encodeSsvMessage(message)).sign(privateKeyOf(key));
  };
};
