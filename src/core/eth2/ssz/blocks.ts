/**
 * Full phase0 and altair blocks: the two forks whose blocks a Web3Signer client may send whole (BLOCK, BLOCK_V2).
 *
 * What is signed is the block's root, and that is the root of its header with the body replaced by the body's root. Later
 * forks send the header itself, so their bodies are not known here.
 */
import '../hasher.ts';
import {
  BitVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  VectorCompositeType,
} from '@chainsafe/ssz';
import type { PresetName } from '../network.ts';
import {
  Attestation,
  AttestationData,
  BeaconBlockHeader,
  Bytes32,
  Bytes48,
  Bytes96,
  sizedContainers,
  Uint64,
  VoluntaryExit,
} from './containers.ts';
import { type JsonReader, jsonReader } from './json.ts';

/** Limits of a block body (consensus specs, phase0), the same in every preset. */
const proposerSlashingsMax = 16;
const attesterSlashingsMax = 2;
const attestationsMax = 128;
const depositsMax = 16;
const exitsMax = 16;
const committeeSizeMax = 2048;
const depositProofLength = 33;

const json = { jsonCase: 'eth2' } as const;

const SignedHeader = new ContainerType({ message: BeaconBlockHeader, signature: Bytes96 }, json);
const ProposerSlashing = new ContainerType(
  { signedHeader1: SignedHeader, signedHeader2: SignedHeader },
  json,
);
const IndexedAttestation = new ContainerType(
  {
    attestingIndices: new ListBasicType(Uint64, committeeSizeMax),
    data: AttestationData,
    signature: Bytes96,
  },
  json,
);
const AttesterSlashing = new ContainerType(
  { attestation1: IndexedAttestation, attestation2: IndexedAttestation },
  json,
);
const DepositData = new ContainerType(
  { pubkey: Bytes48, withdrawalCredentials: Bytes32, amount: Uint64, signature: Bytes96 },
  json,
);
const Deposit = new ContainerType(
  { proof: new VectorCompositeType(Bytes32, depositProofLength), data: DepositData },
  json,
);
const SignedExit = new ContainerType({ message: VoluntaryExit, signature: Bytes96 }, json);
const Eth1Data = new ContainerType({ depositRoot: Bytes32, depositCount: Uint64, blockHash: Bytes32 }, json);

const phase0Fields = {
  randaoReveal: Bytes96,
  eth1Data: Eth1Data,
  graffiti: Bytes32,
  proposerSlashings: new ListCompositeType(ProposerSlashing, proposerSlashingsMax),
  attesterSlashings: new ListCompositeType(AttesterSlashing, attesterSlashingsMax),
  attestations: new ListCompositeType(Attestation, attestationsMax),
  deposits: new ListCompositeType(Deposit, depositsMax),
  voluntaryExits: new ListCompositeType(SignedExit, exitsMax),
};

const blockFields = { slot: Uint64, proposerIndex: Uint64, parentRoot: Bytes32, stateRoot: Bytes32 };

const BodyPhase0 = new ContainerType(phase0Fields, json);
const BlockPhase0 = new ContainerType({ ...blockFields, body: BodyPhase0 }, json);

const buildAltair = (syncCommitteeSize: number) => {
  const SyncAggregate = new ContainerType(
    { syncCommitteeBits: new BitVectorType(syncCommitteeSize), syncCommitteeSignature: Bytes96 },
    json,
  );
  const Body = new ContainerType({ ...phase0Fields, syncAggregate: SyncAggregate }, json);
  return { Body, read: jsonReader(new ContainerType({ ...blockFields, body: Body }, json)) };
};

const altair: Readonly<Record<PresetName, ReturnType<typeof buildAltair>>> = {
  mainnet: buildAltair(sizedContainers.mainnet.syncCommitteeSize),
  minimal: buildAltair(sizedContainers.minimal.syncCommitteeSize),
  gnosis: buildAltair(sizedContainers.gnosis.syncCommitteeSize),
};

const readPhase0 = jsonReader(BlockPhase0);

/** A header as the SSZ containers hold it: bigints and bytes. */
export type HeaderValue = ReturnType<typeof BeaconBlockHeader.defaultValue>;

/** Reads the JSON of a BeaconBlockHeader. Throws BadJson. */
export const readHeader: JsonReader<HeaderValue> = jsonReader(BeaconBlockHeader);

/** Reads a full phase0 block and reduces it to its header. Throws BadJson. */
export const readPhase0Block: JsonReader<HeaderValue> = (block, path) => {
  const { body, ...rest } = readPhase0(block, path);
  return { ...rest, bodyRoot: BodyPhase0.hashTreeRoot(body) };
};

/** Reads a full altair block and reduces it to its header. Throws BadJson. */
export const readAltairBlock = (block: unknown, path: string, preset: PresetName): HeaderValue => {
  const { Body, read } = altair[preset];
  const { body, ...rest } = read(block, path);
  return { ...rest, bodyRoot: Body.hashTreeRoot(body) };
};
