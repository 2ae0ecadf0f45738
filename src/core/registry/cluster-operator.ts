/**
 * One operator of a cluster file: its id, its RSA key and those it had before, where its node listens.
 */
import { parseOperatorId } from '../ids.ts';
import type { Operator } from './committee.ts';
import { type Problems, readList, readMapping, readParsed } from './field.ts';
import { readFormerKeys } from './former-keys.ts';
import { parseOperatorPublicKey } from './operator-public-key.ts';

const addressesMax = 16;

export const readOperator = (value: unknown, path: string, problems: Problems): Operator | null => {
  const entry = readMapping(value, path, ['id', 'publicKey', 'formerKeys', 'addresses'], problems);
  if (entry === null) return null;
  const id = readParsed(
    entry.id,
    `${path}.id`,
    'a whole number from 1 to 4294967295',
    parseOperatorId,
    problems,
  );
  const publicKeyPem = readParsed(
    entry.publicKey,
    `${path}.publicKey`,
    'an RSA-2048 public key as `quorate operator-key` prints it (base64 of a PEM, or the PEM)',
    parseOperatorPublicKey,
    problems,
  );
  const formerKeys = readFormerKeys(entry.formerKeys, `${path}.formerKeys`, problems);
  const addresses = (readList(entry.addresses, `${path}.addresses`, 0, addressesMax, problems) ?? []).map(
    (address, at) =>
      readParsed(
        address,
        `${path}.addresses[${at}]`,
        'a multiaddr such as /ip4/192.0.2.1/tcp/16000',
        parseAddress,
        problems,
      ),
  );
  if (id === null || publicKeyPem === null) return null;
  return {
    id,
    publicKeyPem,
    ...(formerKeys.length === 0 ? {} : { formerKeys }),
    addresses: addresses.filter((address) => address !== null),
  };
};

const addressShape =
  /^\/(ip4|ip6|dns|dns4|dns6)\/([0-9a-zA-Z.:_-]{1,253})\/tcp\/(\d{1,5})(\/p2p\/[1-9A-HJ-NP-Za-km-z]{20,80})?$/;
const parseAddress = (value: unknown): string | null => {
  const parts = typeof value === 'string' ? addressShape.exec(value) : null;
  if (parts === null) return null;
  const port = Number(parts[3]);
  if (port < 1 || port > 65535) return null;
  if (parts[1] === 'ip4' && !/^(\d{1,3}\.){3}\d{1,3}$/.test(parts[2] ?? '')) return null;
  if (parts[1] === 'ip4' && (parts[2] ?? '').split('.').some((part) => Number(part) > 255)) return null;
  return copyOf(parts[0]);
};

/** What a pattern finds is a view of the whole text to the engine, and would keep a file of megabytes in memory. */
const copyOf = (text: string): string => new TextDecoder().decode(new TextEncoder().encode(text));
