/**
 * The SSZ containers of the SSV wire (spec commit 5d11f26bc, "Boole"): field order and limits, nothing else.
 *
 * Conversion to and from our own values, with all checks, is left to the files named after each message.
 */
import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  UintNumberType,
} from '@chainsafe/ssz';

const uint64 = new UintNumberType(8);
const bytes32 = new ByteVectorType(32);

/** Most signers of one message: the largest committee. */
export const signersMax = 13;
export const fullDataBytesMax = 8_388_836;
export const ssvDataBytesMax = 726_932;
export const partialsMax = 5048;

export const ssvMessageSsz = new ContainerType({
  type: uint64,
  id: new ByteVectorType(56),
  data: new ByteListType(ssvDataBytesMax),
});

export const signedMessageSsz = new ContainerType({
  signatures: new ListCompositeType(new ByteListType(256), signersMax),
  operators: new ListBasicType(uint64, signersMax),
  message: ssvMessageSsz,
  fullData: new ByteListType(fullDataBytesMax),
});

export const qbftMessageSsz = new ContainerType({
  type: uint64,
  height: uint64,
  round: uint64,
  identifier: new ByteListType(56),
  root: bytes32,
  dataRound: uint64,
  roundChangeJustification: new ListCompositeType(new ByteListType(51_852), signersMax),
  prepareJustification: new ListCompositeType(new ByteListType(3700), signersMax),
});

export const partialSsz = new ContainerType({
  signature: new ByteVectorType(96),
  signingRoot: bytes32,
  signer: uint64,
  validatorIndex: uint64,
});

export const partialMessagesSsz = new ContainerType({
  type: uint64,
  slot: uint64,
  messages: new ListCompositeType(partialSsz, partialsMax),
});

const checkpoint = new ContainerType({ epoch: uint64, root: bytes32 });

export const beaconVoteSsz = new ContainerType({
  blockRoot: bytes32,
  source: checkpoint,
  target: checkpoint,
});

/** Not of the spec: see hint.ts. */
export const hintSsz = new ContainerType({
  slot: uint64,
  items: new ListCompositeType(
    new ContainerType({ number: uint64, payload: new ByteListType(131_072 + 1024) }),
    1024,
  ),
});
