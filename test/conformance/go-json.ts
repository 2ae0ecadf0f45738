/**
 * The vectors' JSON (Go's encoding of the spec's structs) to our values and back.
 */
import { createHash } from 'node:crypto';
import type { OperatorId } from '../../src/core/ids.ts';
import type { Received } from '../../src/core/qbft/message.ts';
import type { Instance } from '../../src/core/qbft/state.ts';
import { isWireError } from '../../src/core/wire/errors.ts';
import { decodeQbftMessage, type QbftMessage } from '../../src/core/wire/qbft-message.ts';
import type { SignedMessage, SsvMessageType } from '../../src/core/wire/signed.ts';
import type { Json } from './vectors.ts';

export const fromBase64 = (text: string | null): Uint8Array =>
  new Uint8Array(Buffer.from(text ?? '', 'base64'));
const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const orNull = (bytes: Uint8Array): string | null => (bytes.length === 0 ? null : toBase64(bytes));
export const fromPlainHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
export const toPlainHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const ssvTypes: readonly SsvMessageType[] = ['consensus', 'partial-signature', 'dkg'];
const qbftTypes: readonly QbftMessage['type'][] = ['proposal', 'prepare', 'commit', 'round-change'];

/** A nil inner message comes out as an empty one; look at the JSON where that matters. */
export const signedFromJson = (json: Json): SignedMessage => ({
  signatures: (json.Signatures ?? []).map(fromBase64),
  operators: (json.OperatorIDs ?? []) as OperatorId[],
  message: {
    type: ssvTypes[json.SSVMessage?.MsgType ?? 0] ?? 'hint',
    id: fromPlainHex(json.SSVMessage?.MsgID ?? '00'.repeat(56)),
    data: fromBase64(json.SSVMessage?.Data ?? null),
  },
  fullData: fromBase64(json.FullData),
});

const signedToJson = (signed: SignedMessage): Json => ({
  Signatures: signed.signatures.map(toBase64),
  OperatorIDs: signed.operators,
  SSVMessage: {
    MsgType: ssvTypes.indexOf(signed.message.type),
    MsgID: toPlainHex(signed.message.id),
    Data: toBase64(signed.message.data),
  },
  FullData: orNull(signed.fullData),
});

export const qbftFromJson = (json: Json): QbftMessage => ({
  type: qbftTypes[json.MsgType] ?? 'proposal',
  height: json.Height,
  round: json.Round,
  identifier: fromBase64(json.Identifier),
  root: fromPlainHex(json.Root),
  dataRound: json.DataRound,
  roundChangeJustification: (json.RoundChangeJustification ?? []).map(fromBase64),
  prepareJustification: (json.PrepareJustification ?? []).map(fromBase64),
});

export const receivedFromJson = (json: Json): Received => {
  const signed = signedFromJson(json.SignedMessage ?? json);
  const message = decodeQbftMessage(signed.message.data);
  if (isWireError(message)) throw new Error(`a message of the vectors' state: ${message.detail}`);
  return { signed, message, signer: signed.operators[0] ?? (0 as OperatorId) };
};

/** Keys in the order of Go's output: alphabetical, as the spec's type has its own JSON method. */
const receivedToJson = ({ signed, message }: Received): Json => ({
  SignedMessage: signedToJson(signed),
  QBFTMessage: {
    DataRound: message.dataRound,
    Height: message.height,
    Identifier: toBase64(message.identifier),
    MsgType: qbftTypes.indexOf(message.type),
    PrepareJustification: message.prepareJustification.map(toBase64),
    Root: toPlainHex(message.root),
    Round: message.round,
    RoundChangeJustification: message.roundChangeJustification.map(toBase64),
  },
});

const containerFromJson = (json: Json): readonly Received[] =>
  Object.values(json.Msgs).flat().map(receivedFromJson);

const containerToJson = (messages: readonly Received[]): Json => {
  const byRound: Record<string, Json[]> = {};
  for (const received of messages) {
    const list = byRound[received.message.round] ?? [];
    list.push(receivedToJson(received));
    byRound[received.message.round] = list;
  }
  return { Msgs: byRound };
};

/** The spec's State and StartValue as an instance of ours. Decided or prepared states do not occur. */
export const instanceFromJson = (
  state: Json,
  startValue: Uint8Array,
  hash: (value: Uint8Array) => Uint8Array,
): Instance => ({
  round: state.Round,
  accepted:
    state.ProposalAcceptedForCurrentRound === null
      ? null
      : receivedFromJson(state.ProposalAcceptedForCurrentRound),
  preparedRound: state.LastPreparedRound,
  prepared: null,
  own: startValue.length === 0 ? null : { bytes: startValue, root: hash(startValue) },
  proposedRound: 0,
  decided: null,
  proposals: containerFromJson(state.ProposeContainer),
  prepares: containerFromJson(state.PrepareContainer),
  commits: containerFromJson(state.CommitContainer),
  roundChanges: containerFromJson(state.RoundChangeContainer),
  aside: [],
});

/**
 * Our instance as the spec's State. `certificates` are the decided messages that came in, which the spec keeps among its
 * commits, moving to the round of the one that decided.
 */
export const stateToJson = (
  member: Json,
  identifier: Uint8Array,
  height: number,
  instance: Instance,
  certificates: readonly Received[],
): Json => ({
  CommitteeMember: member,
  ID: toBase64(identifier),
  Round:
    certificates.find(({ message }) => message.round === instance.decided?.round)?.message.round ??
    instance.round,
  Height: height,
  LastPreparedRound: instance.preparedRound,
  LastPreparedValue: instance.prepared === null ? null : toBase64(instance.prepared.bytes),
  ProposalAcceptedForCurrentRound: instance.accepted === null ? null : receivedToJson(instance.accepted),
  Decided: instance.decided !== null,
  DecidedValue: instance.decided === null ? null : toBase64(instance.decided.value),
  ProposeContainer: containerToJson(instance.proposals),
  PrepareContainer: containerToJson(instance.prepares),
  CommitContainer: containerToJson([...instance.commits, ...certificates]),
  RoundChangeContainer: containerToJson(instance.roundChanges),
});

/** JSON text as Go writes it: map keys are sorted as strings, while JavaScript puts number-like keys in numeric order. */
const goText = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(goText).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const keys = Object.keys(value);
  if (keys.every((key) => /^\d+$/.test(key))) keys.sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${goText(value[key])}`).join(',')}}`;
};

/** The spec's "state root". */
export const stateRoot = (state: Json): string => createHash('sha256').update(goText(state)).digest('hex');
