/**
 * Where the operators of our committees may be dialled: what the cluster file says, what each told about itself in hello,
 * and what others told about it.
 *
 * All but the cluster file is hearsay: an address only says where to try, hello proves who answers. Every list is bounded,
 * and an operator cannot make us dial into networks that it does not itself reach us from (loopback, private ranges).
 */
import { isPrivateIp } from '@libp2p/utils';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import type { OperatorId } from '../core/ids.ts';
import type { Registry } from '../core/registry/committee.ts';
import { addressesMax, type KnownOperator, sharedCommittees } from './hello-message.ts';

export interface AddressBook {
  /** Multiaddrs to try, the cluster file's first. */
  addressesOf(operator: OperatorId): readonly string[];
  /** Peer ids that the cluster file's addresses end in; empty where none does. */
  pinsOf(operator: OperatorId): ReadonlySet<string>;
  /** What `teacher`, proven and connected from `remote`, said of itself and of others. */
  learn(
    teacher: OperatorId,
    peer: string,
    remote: string,
    own: readonly string[],
    known: readonly KnownOperator[],
  ): void;
  /** What we tell `reader`: the other operators of the committees that we share. No hearsay of third parties. */
  knownTo(reader: OperatorId): readonly KnownOperator[];
}

/** Null for what is not a multiaddr. */
export const parseAddress = (text: string): Multiaddr | null => {
  try {
    return multiaddr(text);
  } catch {
    // The library throws errors of many kinds; all say the same.
    return null;
  }
};

/** The peer id at the end of an address, or null. */
export const peerOf = (address: Multiaddr): string | null =>
  address.getComponents().findLast(({ name }) => name === 'p2p')?.value ?? null;

/** IPv4 in IPv6 is no address that anyone announces; it is trusted as little as loopback. */
const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1' || ip.startsWith('::ffff:');

/** How far an address reaches: 0 this machine, 1 a private network, 2 anywhere. A DNS name counts as anywhere. */
const reachOf = (address: Multiaddr): number => {
  const [host] = address.getComponents();
  if (host?.value === undefined || !host.name.startsWith('ip')) return 2;
  if (isLoopback(host.value)) return 0;
  return isPrivateIp(host.value) ? 1 : 2;
};

const isDialable = (address: Multiaddr): boolean => {
  const [host, transport, ...rest] = address.getComponents();
  const isHost = host !== undefined && ['ip4', 'ip6', 'dns', 'dns4', 'dns6'].includes(host.name);
  const isAnywhere = host?.value === '0.0.0.0' || host?.value === '::';
  return isHost && !isAnywhere && transport?.name === 'tcp' && rest.every(({ name }) => name === 'p2p');
};

/** Operators that share a committee with `self`, ascending, without itself. */
export const fellowsOf = (registry: Registry, self: OperatorId): readonly OperatorId[] =>
  [...registry.operators.keys()]
    .filter((operator) => operator !== self && sharedCommittees(registry, self, operator).length > 0)
    .sort((a, b) => a - b);

const pinned = (address: Multiaddr, peer: string): string =>
  peerOf(address) === null ? `${address.toString()}/p2p/${peer}` : address.toString();

export const createAddressBook = (registry: () => Registry, self: OperatorId): AddressBook => {
  const told = new Map<OperatorId, readonly string[]>();
  const hearsay = new Map<OperatorId, readonly string[]>();

  /** Dialable addresses that reach no nearer than the one they were heard from; a foreign peer id disqualifies. */
  const usable = (texts: readonly string[], remote: string, peer: string | null): readonly Multiaddr[] => {
    const teacher = parseAddress(remote);
    return texts
      .map(parseAddress)
      .filter((address): address is Multiaddr => address !== null && isDialable(address))
      .filter((address) => teacher === null || reachOf(address) >= reachOf(teacher))
      .filter((address) => peer === null || (peerOf(address) ?? peer) === peer);
  };

  const configured = (operator: OperatorId): readonly string[] =>
    registry().operators.get(operator)?.addresses ?? [];

  return {
    addressesOf: (operator) => [
      ...new Set([...configured(operator), ...(told.get(operator) ?? []), ...(hearsay.get(operator) ?? [])]),
    ],
    pinsOf: (operator) =>
      new Set(
        configured(operator).flatMap((text) => {
          const address = parseAddress(text);
          const peer = address === null ? null : peerOf(address);
          return peer === null ? [] : [peer];
        }),
      ),
    learn(teacher, peer, remote, own, known) {
      const addresses = usable(own, remote, peer).map((address) => pinned(address, peer));
      told.set(teacher, addresses.slice(0, addressesMax));
      const fellows = new Set(fellowsOf(registry(), self));
      for (const { operator, addresses: heard } of known) {
        if (operator === teacher || !fellows.has(operator)) continue;
        const fresh = usable(heard, remote, null).map(String);
        // Newest first: an operator that moved is found before its old addresses have been tried.
        hearsay.set(
          operator,
          [...new Set([...fresh, ...(hearsay.get(operator) ?? [])])].slice(0, addressesMax),
        );
      }
    },
    knownTo(reader) {
      const shared = sharedCommittees(registry(), self, reader);
      const members = new Set(shared.flatMap(({ operators }) => operators));
      return [...members]
        .filter((operator) => operator !== self && operator !== reader)
        .map((operator) => ({
          operator,
          addresses: [...new Set([...(told.get(operator) ?? []), ...configured(operator)])],
        }))
        .filter(({ addresses }) => addresses.length > 0);
    },
  };
};
