/**
 * Hello: how a libp2p peer proves which operator it is. Protocol /quorate/hello/1.0.0, our own design.
 *
 *     dialer                          listener
 *     claim  ---------------------->            who I say I am, a nonce
 *            <----------------------  claim
 *     proof  ---------------------->            RSA signature over both peer ids, both nonces, the cluster
 *            <----------------------  proof     only now: a stranger cannot make the listener sign
 *     peers  ---------------------->            own addresses, addresses of shared committees' operators
 *            <----------------------  peers
 *
 * Either side may answer `refused` with a reason instead, and the conversation ends. Frames have a four-byte
 * length and are at most 64 KiB. This file holds one conversation on one stream; when to have one and what follows from it is in greeter.ts.
 */
import { randomBytes } from 'node:crypto';
import type { Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { fromHex, toHex } from '../core/bytes.ts';
import type { OperatorId } from '../core/ids.ts';
import type { Registry } from '../core/registry/committee.ts';
import type { OperatorKeys } from '../workflow/ports.ts';
import {
  type Claim,
  clusterDigest,
  type Evidence,
  encodeHello,
  type HelloMessage,
  helloBytesMax,
  helloVersion,
  type KnownOperator,
  type Peers,
  type Proof,
  parseHello,
  type Refusal,
  sharedCommittees,
  statementOf,
  validatorsDigest,
} from './hello-message.ts';

export const helloProtocol = '/quorate/hello/1.0.0';

/** What one operator's node brings to every conversation. */
export interface HelloSelf {
  readonly domain: Uint8Array;
  readonly peer: string;
  /** 16 random bytes of this process, as 0x-hex: tells a twin from this very node. */
  readonly instance: string;
  /** Unix time at which this process started. */
  readonly startedAtMs: number;
  readonly keys: OperatorKeys;
  readonly registry: () => Registry;
  readonly now: () => number;
  /** Own addresses, and those of the other operators of committees shared with this one. */
  readonly addresses: () => readonly string[];
  readonly knownTo: (operator: OperatorId) => readonly KnownOperator[];
  /** Peer ids pinned in the cluster file; empty where none is. */
  readonly pinsOf: (operator: OperatorId) => ReadonlySet<string>;
}

/** By how many ms their clock is ahead of ours: no less and no more than this. Negative: behind. */
export interface ClockDifference {
  readonly leastMs: number;
  readonly mostMs: number;
}

export type HelloOutcome =
  | {
      readonly type: 'greeted';
      readonly operator: OperatorId;
      readonly instance: string;
      readonly peers: Peers;
      /** Their proof, in the form in which they can check it themselves. */
      readonly evidence: Evidence;
      /** False where their list of our shared validators is not ours. */
      readonly sameValidators: boolean;
      readonly clock: ClockDifference;
    }
  /** It proved to be our own operator, on another node. */
  | { readonly type: 'twin'; readonly evidence: Evidence }
  | {
      readonly type: 'refused';
      readonly by: 'us' | 'them';
      readonly why: Refusal;
      /** As claimed, unproven. */
      readonly claimed: OperatorId | null;
    }
  /** The stream or the peer failed: a timeout, a closed connection. */
  | { readonly type: 'failed'; readonly why: string };

class Refusing extends Error {
  readonly why: Refusal;
  readonly by: 'us' | 'them';
  constructor(why: Refusal, by: 'us' | 'them') {
    super(why);
    this.why = why;
    this.by = by;
  }
}

type MessageOf<T extends HelloMessage['type']> = Extract<HelloMessage, { type: T }>;

/**
 * Lengths are four bytes, big-endian. (The library's default, a varint, is read on and on where it never ends.)
 */
export const helloFrames = {
  lengthEncoder: (length: number): Uint8Array => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, length);
    return bytes;
  },
  lengthDecoder: (bytes: { readonly byteLength: number; getUint32(at: number): number }): number => {
    // A RangeError asks for one byte more.
    if (bytes.byteLength < 4) throw new RangeError('length incomplete');
    return bytes.getUint32(0);
  },
  maxLengthLength: 4,
};

const wireOf = (stream: Stream, signal: AbortSignal) => {
  const bounds = { maxDataLength: helloBytesMax, maxBufferSize: 2 * helloBytesMax };
  const frames = lpStream(stream, { ...helloFrames, ...bounds });
  const send = (message: HelloMessage): Promise<void> => frames.write(encodeHello(message), { signal });
  const read = async <T extends HelloMessage['type']>(type: T): Promise<MessageOf<T>> => {
    const message = parseHello((await frames.read({ signal })).subarray());
    if (message?.type === 'refused') throw new Refusing(message.why, 'them');
    if (message?.type !== type) throw new Refusing('malformed', 'us');
    return message as MessageOf<T>;
  };
  return { send, read };
};

const judgeClaim = (self: HelloSelf, claim: Claim, remotePeer: string): Refusal | null => {
  const registry = self.registry();
  if (claim.version !== helloVersion) return 'other-version';
  if (claim.domain !== toHex(self.domain)) return 'other-network';
  if (!registry.operators.has(claim.operator)) return 'unknown-operator';
  if (sharedCommittees(registry, self.keys.self, claim.operator).length === 0) return 'no-shared-committee';
  const pins = self.pinsOf(claim.operator);
  // A twin is looked at to the end: its peer id is never the pinned one.
  if (claim.operator !== self.keys.self && pins.size > 0 && !pins.has(remotePeer)) return 'wrong-peer-id';
  return null;
};

const prove = async (self: HelloSelf, own: Claim, theirs: Claim, remotePeer: string): Promise<Proof> => {
  const signedAtMs = self.now();
  const digest = clusterDigest(self.registry(), self.domain, own.operator, theirs.operator);
  const statement = statementOf({
    domain: self.domain,
    signer: { operator: own.operator, peer: self.peer, nonce: own.nonce, instance: own.instance },
    verifier: { operator: theirs.operator, peer: remotePeer, nonce: theirs.nonce },
    signedAtMs,
    digest,
  });
  return { type: 'proof', signedAtMs, digest, signature: toHex(await self.keys.sign(statement)) };
};

const judgeProof = (
  self: HelloSelf,
  own: Claim,
  theirs: Claim,
  remotePeer: string,
  proof: Proof,
): Refusal | null => {
  const statement = statementOf({
    domain: self.domain,
    signer: { operator: theirs.operator, peer: remotePeer, nonce: theirs.nonce, instance: theirs.instance },
    verifier: { operator: own.operator, peer: self.peer, nonce: own.nonce },
    signedAtMs: proof.signedAtMs,
    digest: proof.digest,
  });
  if (!self.keys.verify(theirs.operator, statement, fromHex(proof.signature))) return 'bad-signature';
  const digest = clusterDigest(self.registry(), self.domain, own.operator, theirs.operator);
  return proof.digest === digest ? null : 'other-cluster';
};

/** True where `evidence`, handed to us by `operator` at `peer`, shows that another process runs with our key. */
export const provesTwin = (
  self: HelloSelf,
  evidence: Evidence,
  operator: OperatorId,
  peer: string,
): boolean => {
  // Older proofs may be our own, of an earlier run, kept by a liar.
  if (evidence.instance === self.instance || evidence.signedAtMs <= self.startedAtMs) return false;
  const statement = statementOf({
    domain: self.domain,
    signer: {
      operator: self.keys.self,
      peer: evidence.peer,
      nonce: evidence.signerNonce,
      instance: evidence.instance,
    },
    verifier: { operator, peer, nonce: evidence.verifierNonce },
    signedAtMs: evidence.signedAtMs,
    digest: evidence.digest,
  });
  return self.keys.verify(self.keys.self, statement, fromHex(evidence.signature));
};

interface Conversation {
  readonly stream: Stream;
  readonly remotePeer: string;
  readonly self: HelloSelf;
  readonly isDialer: boolean;
  /** Shown to the other side: somebody else proved to be this operator too. */
  readonly twin: Evidence | null;
  readonly signal: AbortSignal;
}

const converse = async (talk: Conversation, heard: { claim: Claim | null }): Promise<HelloOutcome> => {
  const { self, remotePeer, isDialer } = talk;
  const wire = wireOf(talk.stream, talk.signal);
  const refuseOn = async (why: Refusal | null): Promise<void> => {
    if (why === null) return;
    await wire.send({ type: 'refused', why });
    throw new Refusing(why, 'us');
  };
  const own: Claim = {
    type: 'claim',
    version: helloVersion,
    domain: toHex(self.domain),
    operator: self.keys.self,
    nonce: toHex(randomBytes(32)),
    instance: self.instance,
  };

  if (isDialer) await wire.send(own);
  const theirs = await wire.read('claim');
  heard.claim = theirs;
  await refuseOn(judgeClaim(self, theirs, remotePeer));
  // Their proof answers what we say next: their clock was read between these two moments of ours.
  const beforeMs = self.now();
  if (!isDialer) await wire.send(own);

  if (isDialer) await wire.send(await prove(self, own, theirs, remotePeer));
  const proof = await wire.read('proof');
  const clock = { leastMs: proof.signedAtMs - self.now(), mostMs: proof.signedAtMs - beforeMs };
  await refuseOn(judgeProof(self, own, theirs, remotePeer, proof));
  if (!isDialer) await wire.send(await prove(self, own, theirs, remotePeer));

  const { signedAtMs, digest, signature } = proof;
  const evidence: Evidence = {
    ...{ signedAtMs, digest, signature, peer: remotePeer, instance: theirs.instance },
    ...{ signerNonce: theirs.nonce, verifierNonce: own.nonce },
  };
  if (theirs.operator === self.keys.self) return { type: 'twin', evidence };

  const validators = validatorsDigest(self.registry(), self.keys.self, theirs.operator);
  const offer: Peers = {
    type: 'peers',
    addresses: self.addresses(),
    known: self.knownTo(theirs.operator),
    validators,
    twin: talk.twin,
  };
  if (isDialer) await wire.send(offer);
  const peers = await wire.read('peers');
  if (!isDialer) await wire.send(offer);
  const sameValidators = peers.validators === validators;
  return {
    type: 'greeted',
    operator: theirs.operator,
    instance: theirs.instance,
    peers,
    evidence,
    sameValidators,
    clock,
  };
};

/** Has the conversation to its end, whatever that is, and closes the stream. Never rejects. */
export const sayHello = async (talk: Conversation): Promise<HelloOutcome> => {
  const heard: { claim: Claim | null } = { claim: null };
  try {
    const outcome = await converse(talk, heard);
    await talk.stream.close({ signal: talk.signal });
    return outcome;
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    if (failure instanceof Refusing) {
      // Closed, not aborted: the reason must still arrive.
      await talk.stream.close({ signal: talk.signal }).catch((fault: Error) => talk.stream.abort(fault));
      return { type: 'refused', by: failure.by, why: failure.why, claimed: heard.claim?.operator ?? null };
    }
    talk.stream.abort(failure);
    return {
      type: 'failed',
      why: talk.signal.aborted ? 'hello timed out' : `hello failed: ${failure.message}`,
    };
  }
};
