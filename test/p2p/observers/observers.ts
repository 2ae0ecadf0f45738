/**
 * Observers on loopback for the tests, beside the operators of ../cluster.ts.
 */
import { generateKeyPair } from '@libp2p/crypto/keys';
import {
  type ObserverP2p,
  type ObserverP2pConfig,
  startObserverP2p,
} from '../../../src/p2p/observers/observer-node.ts';
import type { ReportEvent } from '../../../src/workflow/report.ts';
import { anyPort, domain, makeRegistry, type Node } from '../cluster.ts';

export interface ObserverNode {
  readonly p2p: ObserverP2p;
  readonly events: ReportEvent[];
  /** Messages heard, as text. */
  readonly heard: string[];
  connected(): number;
  stop(): Promise<void>;
}

const running = new Set<ObserverNode>();

/** The addresses of running operators, by their ids. */
export const addressesOf = (nodes: readonly Node[]): Readonly<Record<number, readonly string[]>> =>
  Object.fromEntries(
    nodes.map((node) => [node.operator, node.p2p.addresses().map((text) => text.replace(/\/p2p\/.*$/, ''))]),
  );

export const startObserverNode = async (
  addresses: Readonly<Record<number, readonly string[]>>,
  more: Partial<ObserverP2pConfig> = {},
): Promise<ObserverNode> => {
  const events: ReportEvent[] = [];
  const heard: string[] = [];
  const p2p = await startObserverP2p({
    privateKey: await generateKeyPair('Ed25519'),
    listen: [anyPort],
    registry: makeRegistry({ committees: [[1, 2, 3, 4]], addresses }),
    domain,
    peers: [],
    guests: { atMost: 4, allowed: new Set() },
    report: (event) => void events.push(event),
    redial: { minMs: 100, maxMs: 200, capMs: 400 },
    watchdog: { lookMs: 200, graceMs: 500, pingMs: 300, pingTimeoutMs: 1_000 },
    ...more,
  });
  p2p.gossip.listen((message) => {
    heard.push(new TextDecoder().decode(message));
    return 'accept';
  });
  const node: ObserverNode = {
    p2p,
    events,
    heard,
    connected: () => p2p.sources().filter(({ connected }) => connected).length,
    async stop() {
      running.delete(node);
      await p2p[Symbol.asyncDispose]();
    },
  };
  running.add(node);
  return node;
};

/** Stops whatever a test left running. */
export const stopObservers = async (): Promise<void> => {
  await Promise.all([...running].map((node) => node.stop()));
};
