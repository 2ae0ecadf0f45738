/**
 * What hello says on the wire, and what its signature covers. Values only; the conversation is in hello.ts.
 *
 * Each message is a JSON object of at most 64 KiB. Unknown fields are ignored, so that later versions may add some; every
 * known field is checked, and every list is cut to its bound.
 */
import { createHash } from 'node:crypto';
import { concatBytes, fromHex, isHexOf, uint64le } from '../core/bytes.ts';
import { type CommitteeId, type OperatorId, parseOperatorId } from '../core/ids.ts';
import type { Committee, Registry } from '../core/registry/committee.ts';

export const helloBytesMax = 64 * 1024;
export const helloVersion = 1;
/** Addresses per operator, operators per message, and characters per address. */
export const addressesMax = 8;
const operatorsMax = 48;
const addressCharsMax = 128;

const refusals = [
  'malformed',
  'other-version',
  'other-network',
  'unknown-operator',
  'no-shared-committee',
  'other-cluster',
  'bad-signature',
  'wrong-peer-id',
  'twin',
] as const;
export type Refusal = (typeof refusals)[number];

/** What the operators of both sides may do about it. */
export const adviceFor: Readonly<Record<Refusal, string>> = {
  malformed: 'if it is an operator of yours, run the same version of Quorate on both',
  'other-version': 'run the same version of Quorate on both',
  'other-network': 'the two run on different networks: compare their settings',
  'unknown-operator':
    'who refuses does not have the other in its cluster file: if both belong there, give both the same file',
  'no-shared-committee': 'no committee in the cluster file of who refuses has both: give both the same file',
  'other-cluster':
    'the cluster files differ in the operators of a committee or their keys: give both the same file',
  'bad-signature':
    'the operator key of who is refused is not the one in the cluster file of who refuses: compare them',
  'wrong-peer-id':
    'the peer id of who is refused is not the one in the cluster file of who refuses: correct that, or the node is another one',
  twin: 'stop one of the two nodes that run with this operator key',
};

/** Who I say I am, before any proof. Nonce and instance are fresh random bytes, of this session and of this process. */
export interface Claim {
  readonly type: 'claim';
  readonly version: number;
  /** 0x-hex. */
  readonly domain: string;
  readonly operator: OperatorId;
  /** 32 bytes as 0x-hex. */
  readonly nonce: string;
  /** 16 bytes as 0x-hex. */
  readonly instance: string;
}

/** The operator's RSA signature over `statementOf`. */
export interface Proof {
  readonly type: 'proof';
  readonly signedAtMs: number;
  /** `clusterDigest` of signer and verifier, 32 bytes as 0x-hex. */
  readonly digest: string;
  /** 0x-hex. */
  readonly signature: string;
}

export interface KnownOperator {
  readonly operator: OperatorId;
  readonly addresses: readonly string[];
}

/**
 * A proof that an operator gave to the sender of this message, and that the operator itself can check: if it never gave it,
 * somebody else runs with its key.
 */
export interface Evidence extends Omit<Proof, 'type'> {
  readonly peer: string;
  readonly instance: string;
  readonly signerNonce: string;
  readonly verifierNonce: string;
}

/** Told to proven operators only. */
export interface Peers {
  readonly type: 'peers';
  readonly addresses: readonly string[];
  readonly known: readonly KnownOperator[];
  /** `validatorsDigest` of sender and receiver, 32 bytes as 0x-hex. */
  readonly validators: string;
  readonly twin: Evidence | null;
}

export interface Refused {
  readonly type: 'refused';
  readonly why: Refusal;
}

export type HelloMessage = Claim | Proof | Peers | Refused;

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isHex = (value: unknown, bytesMax: number): value is string =>
  typeof value === 'string' && value.length <= 2 + 2 * bytesMax && isHexOf(value, (value.length - 2) / 2);
const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isPeerId = (value: unknown): value is string =>
  typeof value === 'string' && /^[1-9A-HJ-NP-Za-km-z]{40,64}$/.test(value);

const parseAddresses = (value: unknown): readonly string[] | null =>
  Array.isArray(value)
    ? value
        .filter(
          (item): item is string =>
            typeof item === 'string' && item.length <= addressCharsMax && item.startsWith('/'),
        )
        .slice(0, addressesMax)
    : null;

const parseKnown = (value: unknown): readonly KnownOperator[] | null => {
  if (!Array.isArray(value)) return null;
  return value.slice(0, operatorsMax).flatMap((item: unknown) => {
    if (!isObject(item)) return [];
    const operator = parseOperatorId(item.operator);
    const addresses = parseAddresses(item.addresses);
    return operator === null || addresses === null ? [] : [{ operator, addresses }];
  });
};

const parseClaim = (fields: Fields): Claim | null => {
  const { version, domain, nonce, instance } = fields;
  const operator = parseOperatorId(fields.operator);
  if (!isTime(version) || operator === null) return null;
  if (!isHex(domain, 32) || !isHexOf(nonce, 32) || !isHexOf(instance, 16)) return null;
  return { type: 'claim', version, domain, operator, nonce, instance };
};

const parseProof = ({ signedAtMs, digest, signature }: Fields): Proof | null =>
  isTime(signedAtMs) && isHexOf(digest, 32) && isHex(signature, 512)
    ? { type: 'proof', signedAtMs, digest, signature }
    : null;

const parseEvidence = (value: unknown): Evidence | null => {
  if (!isObject(value)) return null;
  const proof = parseProof(value);
  const { peer, instance, signerNonce, verifierNonce } = value;
  if (proof === null || !isPeerId(peer)) return null;
  if (!isHexOf(instance, 16) || !isHexOf(signerNonce, 32) || !isHexOf(verifierNonce, 32)) return null;
  const { signedAtMs, digest, signature } = proof;
  return { signedAtMs, digest, signature, peer, instance, signerNonce, verifierNonce };
};

const parsePeers = (fields: Fields): Peers | null => {
  const addresses = parseAddresses(fields.addresses);
  const known = parseKnown(fields.known);
  const { validators } = fields;
  if (addresses === null || known === null || !isHexOf(validators, 32)) return null;
  return { type: 'peers', addresses, known, validators, twin: parseEvidence(fields.twin) };
};

const parseFields = (fields: Fields): HelloMessage | null => {
  switch (fields.type) {
    case 'claim':
      return parseClaim(fields);
    case 'proof':
      return parseProof(fields);
    case 'peers':
      return parsePeers(fields);
    case 'refused': {
      const why = refusals.find((refusal) => refusal === fields.why);
      return why === undefined ? null : { type: 'refused', why };
    }
    default:
      return null;
  }
};

/** Null for anything that is not a message of hello. */
export const parseHello = (bytes: Uint8Array): HelloMessage | null => {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isObject(value) ? parseFields(value) : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
};

/** Lists are cut to what a receiver takes, so that the bytes always fit. */
export const encodeHello = (message: HelloMessage): Uint8Array => {
  const within =
    message.type === 'peers'
      ? { ...message, addresses: parseAddresses(message.addresses), known: parseKnown(message.known) }
      : message;
  return new TextEncoder().encode(JSON.stringify(within));
};

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const sized = (bytes: Uint8Array): Uint8Array => concatBytes(uint64le(bytes.length), bytes);

export interface Statement {
  readonly domain: Uint8Array;
  readonly signer: {
    readonly operator: OperatorId;
    readonly peer: string;
    readonly nonce: string;
    readonly instance: string;
  };
  readonly verifier: { readonly operator: OperatorId; readonly peer: string; readonly nonce: string };
  readonly signedAtMs: number;
  readonly digest: string;
}

/**
 * The bytes under a proof. The signer's side comes first, so that a proof cannot be sent back to its maker; both peer ids
 * are those that noise authenticated, so that it holds on one connection only; the verifier's nonce makes it fresh. The
 * prefix is no SSZ that the operator's key signs elsewhere.
 */
export const statementOf = ({ domain, signer, verifier, signedAtMs, digest }: Statement): Uint8Array =>
  concatBytes(
    text('quorate/hello/1.0.0\0'),
    sized(domain),
    uint64le(signer.operator),
    uint64le(verifier.operator),
    sized(text(signer.peer)),
    sized(text(verifier.peer)),
    fromHex(signer.nonce, 32),
    fromHex(verifier.nonce, 32),
    fromHex(signer.instance, 16),
    uint64le(signedAtMs),
    fromHex(digest, 32),
  );

/** Committees in which both sit, ascending by id. */
export const sharedCommittees = (registry: Registry, a: OperatorId, b: OperatorId): readonly Committee[] =>
  [...registry.committees.values()]
    .filter(({ operators }) => operators.includes(a) && operators.includes(b))
    .sort((left, right) => (left.id < right.id ? -1 : 1));

const hash = (parts: readonly (string | Uint8Array)[]): string => {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(sized(typeof part === 'string' ? text(part) : part));
  return `0x${sum.digest('hex')}`;
};

/** The key's base64 alone, whatever the line ends are. */
const keyBody = (pem: string): string => pem.replace(/-----[^-]*-----/g, '').replace(/\s/g, '');

/** Who sits in the committees of both and under which RSA keys: operators that differ here must not work together. */
export const clusterDigest = (registry: Registry, domain: Uint8Array, a: OperatorId, b: OperatorId): string =>
  hash([
    'quorate/cluster/1',
    domain,
    ...sharedCommittees(registry, a, b).flatMap(({ id, operators }) => [
      id,
      ...operators.flatMap((operator) => [
        uint64le(operator),
        keyBody(registry.operators.get(operator)?.publicKeyPem ?? ''),
      ]),
    ]),
  ]);

const digestOfValidators = (registry: Registry, shared: ReadonlySet<CommitteeId>): string =>
  hash(
    [...registry.validators.values()]
      .filter(({ committee }) => shared.has(committee))
      .sort((left, right) => (left.key < right.key ? -1 : 1))
      .flatMap(({ key, number, committee, shares, policy }) => [
        key,
        uint64le(number),
        committee,
        ...[...shares]
          .sort(([left], [right]) => left - right)
          .map(([operator, share]) => `${operator}:${share}`),
        `${policy.feeRecipient}/${policy.gasLimit}`,
      ]),
  );

/**
 * Ten thousand validators take tens of milliseconds, and one committee's are the same to all its operators. Kept by the map of
 * validators: a registry object may outlive its content.
 */
const digests = new WeakMap<Registry['validators'], Map<string, string>>();

/** Which validators the committees of both hold, with shares and policy. It may differ for a while, as files are rolled out. */
export const validatorsDigest = (registry: Registry, a: OperatorId, b: OperatorId): string => {
  const shared = sharedCommittees(registry, a, b).map(({ id }) => id);
  const known = digests.get(registry.validators) ?? new Map<string, string>();
  digests.set(registry.validators, known);
  const key = shared.join(' ');
  const digest = known.get(key) ?? digestOfValidators(registry, new Set(shared));
  known.set(key, digest);
  return digest;
};
