/**
 * An operator's RSA-2048 public key as text.
 *
 * The SSV contract and its tools write base64 of a PEM whose label is RSA PUBLIC KEY although an SPKI is inside (a true
 * RSA PUBLIC KEY would be PKCS#1). All spellings are read; one is kept, so that keys compare as text. The RSA arithmetic is
 * left to the crypto library that loads the key.
 */
import { concatBytes, equalBytes, fromHex } from '../bytes.ts';

/** DER of an SPKI up to the modulus; with an exponent of 65537 the whole is always 294 bytes. */
const spkiHead = fromHex('0x30820122300d06092a864886f70d01010105000382010f00');
const pkcs1Head = fromHex('0x3082010a0282010100');
const exponent = fromHex('0x0203010001');
const pkcs1Length = pkcs1Head.length + 256 + exponent.length;

const armour = /^-----BEGIN (RSA )?PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END (RSA )?PUBLIC KEY-----$/;
/** A PEM of such a key has 459 bytes, its base64 612. */
const lengthMax = 2048;

/** The key as a PEM labelled RSA PUBLIC KEY with an SPKI inside and a newline at the end; null for anything else. */
export const parseOperatorPublicKey = (value: unknown): string | null => {
  if (typeof value !== 'string' || value.length > lengthMax) return null;
  const text = value.trim();
  const pem = text.startsWith('-----') ? text : latinOfBase64(text)?.trim();
  const body = pem === undefined ? undefined : armour.exec(pem)?.[2];
  const latin = body === undefined ? null : latinOfBase64(body.replace(/\s+/g, ''));
  if (latin === null) return null;
  const spki = spkiOf(Uint8Array.from(latin, (character) => character.charCodeAt(0)));
  return spki === null ? null : pemOf(spki);
};

/** The spelling of the SSV contract: base64 of the PEM. */
export const publicKeyText = (pem: string): string => btoa(pem);

const spkiOf = (der: Uint8Array): Uint8Array | null => {
  const pkcs1 = equalBytes(der.subarray(0, spkiHead.length), spkiHead) ? der.subarray(spkiHead.length) : der;
  if (pkcs1.length !== pkcs1Length) return null;
  if (!equalBytes(pkcs1.subarray(0, pkcs1Head.length), pkcs1Head)) return null;
  if (!equalBytes(pkcs1.subarray(-exponent.length), exponent)) return null;
  const highest = pkcs1[pkcs1Head.length] ?? 0;
  const lowest = pkcs1[pkcs1Head.length + 255] ?? 0;
  // A modulus of exactly 2048 bits has its top bit set; a product of odd primes is odd.
  if ((highest & 0x80) === 0 || (lowest & 1) === 0) return null;
  return concatBytes(spkiHead, pkcs1);
};

const pemOf = (der: Uint8Array): string => {
  const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN RSA PUBLIC KEY-----\n${lines.join('\n')}\n-----END RSA PUBLIC KEY-----\n`;
};

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const latinOfBase64 = (text: string): string | null => (base64.test(text) ? atob(text) : null);
