/**
 * An operator's signature on a message of consensus: RSA-2048, PKCS#1 v1.5 with SHA-256, as the SSV spec has it. Each message is
 * signed once and verified by every other operator.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createVerifyOperator } from '../../../src/app/history/verify-operator.ts';
import { privateKeyOf } from '../../../src/app/operator-key/private-key.ts';
import type { OperatorId, Slot } from '../../../src/core/ids.ts';
import type { Registry } from '../../../src/core/registry/committee.ts';
import { type BenchCase, Broken, type Micro } from '../harness.ts';

/** As long as a message of consensus. */
const messageBytes = 300;
const operator = 1 as OperatorId;
const slot = 1 as Slot;

const micros = (): readonly Micro[] => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKeyOf(privateKey);
  const registry: Registry = {
    operators: new Map([[operator, { id: operator, publicKeyPem: key.publicPem, addresses: [] }]]),
    committees: new Map(),
    validators: new Map(),
    byNumber: new Map(),
  };
  const verifies = createVerifyOperator(registry);
  const message = randomBytes(messageBytes);
  const signature = sign('sha256', message, privateKey);
  const common = { name: 'operator-key', parameters: {}, target: null } as const;
  return [
    {
      ...common,
      figure: 'RSA-2048 sign a message',
      floor: 'blst.sign',
      work: async () => {
        if ((await key.sign(message)).length !== signature.length) throw new Broken('a signature too short');
      },
    },
    {
      ...common,
      figure: 'RSA-2048 verify a message',
      floor: 'blst.verify',
      work: () => {
        if (!verifies(operator, message, signature, slot))
          throw new Broken('does not verify its own signature');
      },
    },
  ];
};

export const operatorKeyCase: BenchCase = {
  type: 'micro',
  name: 'operator-key',
  about: "an operator's signature on a message, made and verified",
  micros,
};
