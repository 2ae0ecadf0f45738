/**
 * Hosts that gossip without hello, for tests: whoever connects is heard.
 */
import type { OperatorId } from '../../../src/core/ids.ts';
import { createGossip, type GossipNode, subnetOf, topicOf } from '../../../src/p2p/gossip.ts';
import { type GossipRouter, type Host, routerOf } from '../../../src/p2p/host.ts';
import type { Verdict } from '../../../src/workflow/ports.ts';
import type { ReportEvent } from '../../../src/workflow/report.ts';
import { committeeOf, connect, domain, startStranger, strangerBytesMax, until } from '../cluster.ts';

export const committee = committeeOf([1, 2, 3, 4]).id;
export const topic = topicOf(domain, subnetOf(committee));

export interface Talker {
  readonly host: Host;
  readonly router: GossipRouter;
  readonly gossip: GossipNode;
  /** All but those of each single message. */
  readonly events: ReportEvent[];
  readonly heard: Uint8Array[];
  verdict: Verdict;
}

export const startTalker = async (
  operatorOf = (_peer: string): OperatorId | null => null,
): Promise<Talker> => {
  const host = await startStranger();
  const events: ReportEvent[] = [];
  const report = (event: ReportEvent): void => {
    if (event.type !== 'message-sent' && event.type !== 'message-received') events.push(event);
  };
  const gossip = createGossip({ host, domain, messageBytesMax: strangerBytesMax, report, operatorOf });
  const talker: Talker = { host, router: routerOf(host), gossip, events, heard: [], verdict: 'accept' };
  gossip.listen((message) => {
    talker.heard.push(message);
    return talker.verdict;
  });
  gossip.subscribe([committee]);
  return talker;
};

export const knows = (talker: Talker, other: Host): boolean =>
  talker.router.getSubscribers(topic).some((peer) => peer.equals(other.peerId));
export const meet = async (a: Talker, b: Talker): Promise<void> => {
  await connect(a.host, b.host);
  await until('subscriptions exchanged', () => knows(a, b.host) && knows(b, a.host));
};
export const say = (talker: Talker, text: string): void =>
  talker.gossip.publish(committee, new TextEncoder().encode(text));
export const hears = (talker: Talker, text: string): boolean =>
  talker.heard.some((message) => new TextDecoder().decode(message) === text);
export const stateOf = ({ host, router, heard, events }: Talker): string =>
  `${host.getConnections().length} connections, streams ${router.streamsInbound.size} in ${router.streamsOutbound.size} out, ` +
  `mesh ${router.getMeshPeers(topic).length}, heard ${heard.length}, ${JSON.stringify(events.slice(-5))}`;
export const scoreOf = (talker: Talker, other: Host): number =>
  talker.router.getScore(other.peerId.toString());
