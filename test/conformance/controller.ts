/**
 * The spec's Controller around our core: many instances of one duty id, by height. It exists for the vectors only; our
 * workflow has one consensus per duty instead.
 */
import { wireCodec } from '../../src/core/qbft/config.ts';
import { createInstance } from '../../src/core/qbft/state.ts';
import { errorNumbers, isWireError } from '../../src/core/wire/errors.ts';
import type { SignedMessage } from '../../src/core/wire/signed.ts';
import { fromBase64 } from './go-json.ts';
import type { Signer } from './keys.ts';
import { acceptsValue, configOf, createNode, type Node } from './node.ts';
import type { Json } from './vectors.ts';

export interface Controller {
  /** Each returns the spec's error number, 0 for none. */
  start(height: number, value: Uint8Array): number;
  process(signed: SignedMessage): number;
  /** Values of instances that became decided, in order; certificates that were sent. */
  readonly decided: Uint8Array[];
  readonly broadcast: SignedMessage[];
  /** Of the instance started last. */
  timers(): readonly number[];
  state(): Json;
}

export const createController = (json: Json, startHeight: number, sign: Signer): Controller => {
  const member = json.CommitteeMember;
  const identifier = fromBase64(json.Identifier);
  // Highest first, as in the spec.
  const nodes: Node[] = [];
  let height = startHeight;
  let timers: readonly number[] = [];
  const decided: Uint8Array[] = [];
  const broadcast: SignedMessage[] = [];

  const at = (wanted: number): Node | undefined => nodes.find((node) => node.config.height === wanted);
  const create = (of: number, value: Uint8Array): Node =>
    createNode(member, configOf(member, identifier, of, 1), sign, createInstance(), value);
  const insert = (node: Node): void => {
    nodes.push(node);
    nodes.sort((a, b) => b.config.height - a.config.height);
  };

  const start = (of: number, value: Uint8Array): number => {
    if (!acceptsValue(value)) return errorNumbers['value-refused'];
    if (of < height) return errorNumbers['cannot-start'];
    if (at(of) !== undefined) return errorNumbers['already-running'];
    height = of;
    const node = create(of, value);
    for (const other of nodes) other.stop();
    insert(node);
    timers = [1];
    return node.feed({ type: 'value', value });
  };

  const onCertificate = (signed: SignedMessage, of: number): number => {
    const known = at(of);
    const node = known ?? create(of, new Uint8Array(0));
    const before = node.decisions.length;
    const error = node.feed({ type: 'message', signed });
    if (error !== 0) return error;
    if (known === undefined) insert(node);
    height = Math.max(height, of);
    decided.push(...node.decisions.slice(before).map(({ value }) => value));
    return 0;
  };

  const process = (signed: SignedMessage): number => {
    const message = wireCodec.open(signed.message.data);
    if (isWireError(message)) return errorNumbers[message.name];
    const quorum = 2 * member.FaultyNodes + 1;
    if (message.type === 'commit' && signed.operators.length >= quorum)
      return onCertificate(signed, message.height);
    if (message.height > height || (height === 0 && nodes.length === 0))
      return errorNumbers['future-message'];
    const node = at(message.height);
    if (node === undefined) throw new Error('the vectors have no message for a missing instance');
    if (node.instance().decided !== null) return errorNumbers['instance-decided'];
    const before = node.decisions.length;
    const error = node.feed({ type: 'message', signed });
    for (const { value, certificate } of node.decisions.slice(before)) {
      decided.push(value);
      broadcast.push(certificate);
    }
    return error;
  };

  const state = (): Json => ({
    Identifier: json.Identifier,
    Height: height,
    StoredInstances: nodes.map((node) => ({
      ...(node.isStopped() ? { forceStop: true } : {}),
      State: node.state(),
      StartValue: Buffer.from(node.startValue).toString('base64'),
    })),
    CommitteeMember: member,
  });

  return { start, process, decided, broadcast, timers: () => timers, state };
};
