/**
 * Chooses the SHA-256 of every SSZ hash: the native `hashtree`, five times faster than the default.
 *
 * A side effect on import. A module that builds SSZ types imports this one first, before @chainsafe/ssz and before
 * anything that imports it, because types hash with whatever hasher is set when they are used.
 */
import { setHasher } from '@chainsafe/persistent-merkle-tree';
import { hasher } from '@chainsafe/persistent-merkle-tree/hasher/hashtree';

setHasher(hasher);
