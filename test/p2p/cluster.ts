/**
 * Operators on loopback for the tests: real libp2p hosts in one process, RSA keys made once, timing scaled down.
 */
import assert from 'node:assert/strict';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Connection, PrivateKey } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { concatBytes } from '../../src/core/bytes.ts';
import type { CommitteeId, OperatorId, ShareKey, ValidatorKey } from '../../src/core/ids.ts';
import type { Committee, Registry, Validator } from '../../src/core/registry/committee.ts';
import { allTopics } from '../../src/p2p/gossip.ts';
import { createHost, type Host } from '../../src/p2p/host.ts';
import { type P2p, type P2pConfig, startP2p } from '../../src/p2p/node.ts';
import type { OperatorKeys } from '../../src/workflow/ports.ts';
import type { ReportEvent } from '../../src/workflow/report.ts';

export const id = (operator: number): OperatorId => operator as OperatorId;
export const domain = Uint8Array.of(0x51, 1, 2, 3);
export const anyPort = '/ip4/127.0.0.1/tcp/0';
/** The largest message of a stranger's host. */
export const strangerBytesMax = 64 * 1024;

export interface RsaPair {
  readonly privatePem: string;
  readonly publicPem: string;
}

export const makeRsa = (): RsaPair => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { privatePem: privateKey, publicPem: publicKey };
};

const pairs = new Map<number, RsaPair>();
export const rsaOf = (operator: number): RsaPair => {
  const pair = pairs.get(operator) ?? makeRsa();
  pairs.set(operator, pair);
  return pair;
};

export const committeeOf = (operators: readonly number[]): Committee => {
  const parts = operators.map((operator) => new Uint8Array(Uint32Array.of(operator).buffer));
  const faulty = Math.floor((operators.length - 1) / 3);
  return {
    id: `0x${createHash('sha256')
      .update(concatBytes(...parts))
      .digest('hex')}` as CommitteeId,
    operators: operators.map(id),
    faulty,
    quorum: 2 * faulty + 1,
  };
};

export interface RegistryShape {
  readonly committees: readonly (readonly number[])[];
  readonly addresses?: Readonly<Record<number, readonly string[]>>;
  /** RSA public keys other than `rsaOf`. */
  readonly keys?: Readonly<Record<number, string>>;
  readonly validators?: number;
}

const validatorOf = (committee: Committee, number: number): Validator => ({
  key: `0x${number.toString(16).padStart(96, '0')}` as ValidatorKey,
  number,
  committee: committee.id,
  shares: new Map(committee.operators.map((operator) => [operator, `0x${'ab'.repeat(48)}` as ShareKey])),
  policy: { feeRecipient: null, gasLimit: 30_000_000n },
});

export const makeRegistry = (shape: RegistryShape): Registry => {
  const committees = shape.committees.map(committeeOf);
  const [first] = committees;
  const validators =
    first === undefined
      ? []
      : Array.from({ length: shape.validators ?? 1 }, (_, at) => validatorOf(first, at + 1));
  return {
    operators: new Map(
      [...new Set(shape.committees.flat())].map((operator) => [
        id(operator),
        {
          id: id(operator),
          publicKeyPem: shape.keys?.[operator] ?? rsaOf(operator).publicPem,
          addresses: shape.addresses?.[operator] ?? [],
        },
      ]),
    ),
    committees: new Map(committees.map((committee) => [committee.id, committee])),
    validators: new Map(validators.map((validator) => [validator.key, validator])),
    byNumber: new Map(validators.map((validator) => [validator.number, validator])),
  };
};

export const makeKeys = (registry: Registry, operator: number, pair = rsaOf(operator)): OperatorKeys => {
  const own = createPrivateKey(pair.privatePem);
  return {
    self: id(operator),
    sign: async (data) => sign('sha256', data, own),
    verify: (other, data, signature) => {
      const pem = registry.operators.get(other)?.publicKeyPem;
      return pem !== undefined && verify('sha256', data, createPublicKey(pem), signature);
    },
  };
};

/** Resolves as soon as `check` holds; rejects with `what` after `withinMs`. */
export const until = async (what: string, check: () => boolean, withinMs = 20_000): Promise<void> => {
  const end = performance.now() + withinMs;
  while (!check()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((wake) => setTimeout(wake, 10));
  }
};

export interface Node {
  readonly p2p: P2p;
  readonly operator: OperatorId;
  readonly events: ReportEvent[];
  readonly twins: string[];
  readonly privateKey: PrivateKey;
  /** Events of one type, in order. */
  told<T extends ReportEvent['type']>(type: T): readonly Extract<ReportEvent, { type: T }>[];
  stop(): Promise<void>;
}

const running = new Set<Node>();

export const startNode = async (
  operator: number,
  registry: Registry,
  more: Partial<P2pConfig> & { readonly pair?: RsaPair } = {},
): Promise<Node> => {
  const events: ReportEvent[] = [];
  const twins: string[] = [];
  const { pair, ...config } = more;
  const privateKey = config.privateKey ?? (await generateKeyPair('Ed25519'));
  const p2p = await startP2p({
    privateKey,
    listen: [anyPort],
    registry,
    keys: makeKeys(registry, operator, pair),
    domain,
    report: (event) => void events.push(event),
    onTwin: ({ peer }) => void twins.push(peer),
    redial: { minMs: 100, maxMs: 200, capMs: 400, askMs: 300 },
    watchdog: { lookMs: 200, graceMs: 500, pingMs: 300, pingTimeoutMs: 1_000 },
    ...config,
  });
  const node: Node = {
    p2p,
    operator: id(operator),
    events,
    twins,
    privateKey,
    told: (type) => events.filter((event): event is never => event.type === type),
    async stop() {
      running.delete(node);
      await p2p[Symbol.asyncDispose]();
    },
  };
  running.add(node);
  return node;
};

const strangers: Host[] = [];
/** A libp2p host with no manners of its own. */
export const startStranger = async (): Promise<Host> => {
  const host = await createHost({
    privateKey: await generateKeyPair('Ed25519'),
    listen: [anyPort],
    topics: allTopics(domain),
    committeeSize: 4,
    messageBytesMax: strangerBytesMax,
  });
  strangers.push(host);
  return host;
};

export const connect = async (from: Host, to: Host): Promise<Connection> => {
  const [address] = to.getMultiaddrs();
  assert.ok(address !== undefined);
  return from.dial(multiaddr(address.toString()), { signal: AbortSignal.timeout(5_000) });
};

/** Stops whatever a test left running. */
export const stopAll = async (): Promise<void> => {
  await Promise.all([...running].map((node) => node.stop()));
  await Promise.all(strangers.splice(0).map((host) => host.stop()));
};

/** Operators 1 to n of one committee, each of which knows the addresses of those started before it. */
export const startCluster = async (n: number, more: Partial<P2pConfig> = {}): Promise<readonly Node[]> => {
  const operators = Array.from({ length: n }, (_, at) => at + 1);
  const addresses: Record<number, readonly string[]> = {};
  const nodes: Node[] = [];
  for (const operator of operators) {
    const node = await startNode(
      operator,
      makeRegistry({ committees: [operators], addresses: { ...addresses } }),
      more,
    );
    addresses[operator] = node.p2p.addresses().map((address) => address.replace(/\/p2p\/.*$/, ''));
    nodes.push(node);
  }
  return nodes;
};

export const isMeshed = (nodes: readonly Node[]): boolean =>
  nodes.every((node) => nodes.every((other) => node.p2p.peers.isConnected(other.operator)));
