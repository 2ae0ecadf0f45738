/**
 * Options of any node that lets observers in.
 */
import { optionsOf } from '../settings/option.ts';

const peers = optionsOf('Peers');

export const observersProperties = (atMost: number) => ({
  'observers-at-most': peers.integer(
    'COUNT',
    'How many observers, nodes without an operator key, are let in at once to hear and to ask for decided history; 0 for none',
    { default: atMost, minimum: 0, maximum: 64 },
  ),
  'observers-allowed': peers.list(
    'PEERID,...',
    'Peer ids of observers that always get in, beyond that number',
    {
      default: [],
      maxItems: 64,
    },
  ),
});

/** As libp2p writes them: base58, 40 to 64 characters. */
const peerId = /^[1-9A-HJ-NP-Za-km-z]{40,64}$/;

export const observersProblems = (config: {
  readonly observersAllowed: readonly string[];
}): readonly string[] =>
  config.observersAllowed.every((peer) => peerId.test(peer))
    ? []
    : ['--observers-allowed: must be peer ids, as the observer logs its own when it starts'];
