/**
 * A small cluster file as a parser would return it, for tests to bend. The RSA keys are fixed 2048-bit moduli made from a
 * pattern: well-formed, of nobody.
 */
export const hexOf = (byte: number, length: number): string =>
  `0x${byte.toString(16).padStart(2, '0').repeat(length)}`;

const spkiHead = '30820122300d06092a864886f70d01010105000382010f003082010a0282010100';

/** Base64 of a PEM with an SPKI inside, the SSV spelling. */
export const samplePublicKey = (seed: number): string => {
  const modulus = `ff${seed.toString(16).padStart(8, '0').repeat(63)}aa55ff`;
  const der = Buffer.from(`${spkiHead}${modulus}0203010001`, 'hex');
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN RSA PUBLIC KEY-----\n${lines.join('\n')}\n-----END RSA PUBLIC KEY-----\n`;
  return Buffer.from(pem).toString('base64');
};

export interface SampleCluster {
  [key: string]: unknown;
  operators: Record<string, unknown>[];
  validators: Record<string, unknown>[];
}

export const sampleCluster = (ids: readonly number[] = [1, 2, 3, 4], validators = 2): SampleCluster => ({
  version: 1,
  network: 'hoodi',
  operators: ids.map((id) => ({
    id,
    publicKey: samplePublicKey(id),
    addresses: [`/ip4/127.0.0.1/tcp/${16000 + (id % 1000)}`],
  })),
  defaults: { feeRecipient: hexOf(0xfe, 20), gasLimit: 60000000 },
  validators: Array.from({ length: validators }, (_, at) => ({
    publicKey: hexOf(0xa0 + at, 48),
    shares: Object.fromEntries(ids.map((id, place) => [String(id), hexOf(0x10 * (at + 1) + place, 48)])),
  })),
});
