/**
 * All classes of vectors that apply to this project, and how many files each has at the spec's commit 5d11f26bc.
 */

import {
  beaconVoteSsz,
  partialMessagesSsz,
  signedMessageSsz,
  ssvMessageSsz,
} from '../../src/core/wire/containers.ts';
import { signersOf } from './keys.ts';
import { runPartialContainer } from './partial-container.ts';
import { runController } from './qbft-controller.ts';
import { runMsgProcessing, runTimeout } from './qbft-instance.ts';
import { runCreateMsg, runMsgSpec, runRoundRobin } from './qbft-messages.ts';
import { runCommittee, runEncoding, runMessageId, runPartials, runSignedMessage, runSize } from './types.ts';
import { type Json, type Vector, vectorsOf } from './vectors.ts';

export interface VectorClass {
  readonly module: 'qbft' | 'types' | 'ssv';
  readonly type: string;
  /** A run that finds fewer has not seen them all. */
  readonly files: number;
  /** Files with this in their name are not for us. */
  readonly skip?: string;
  readonly run: (json: Json) => void;
}

export const classesIn = (folder: string): readonly VectorClass[] => {
  const signer = signersOf(folder);
  const [anyVector] = vectorsOf(folder, 'qbft', 'timeout.SpecTest');
  const standard = anyVector?.json.Pre.State.CommitteeMember;
  return [
    {
      module: 'qbft',
      type: 'tests.MsgProcessingSpecTest',
      files: 109,
      run: (json) => runMsgProcessing(folder, json, signer),
    },
    {
      module: 'qbft',
      type: 'tests.ControllerSpecTest',
      files: 50,
      run: (json) => runController(folder, json, signer),
    },
    { module: 'qbft', type: 'tests.MsgSpecTest', files: 27, run: runMsgSpec },
    {
      module: 'qbft',
      type: 'tests.CreateMsgSpecTest',
      files: 8,
      run: (json) => runCreateMsg(json, signer, standard),
    },
    { module: 'qbft', type: 'timeout.SpecTest', files: 5, run: (json) => runTimeout(json, signer) },
    { module: 'qbft', type: 'tests.RoundRobinSpecTest', files: 4, run: runRoundRobin },
    { module: 'types', type: 'ssvmsg.EncodingTest', files: 1, run: runEncoding(ssvMessageSsz) },
    { module: 'types', type: 'signedssvmsg.EncodingTest', files: 1, run: runEncoding(signedMessageSsz) },
    {
      module: 'types',
      type: 'partialsigmessage.EncodingTest',
      files: 1,
      run: runEncoding(partialMessagesSsz),
    },
    { module: 'types', type: 'beaconvote.EncodingTest', files: 1, run: runEncoding(beaconVoteSsz) },
    { module: 'types', type: 'signedssvmsg.SignedSSVMessageTest', files: 8, run: runSignedMessage },
    { module: 'types', type: 'partialsigmessage.MsgSpecTest', files: 7, run: runPartials },
    { module: 'types', type: 'committeemember.CommitteeMemberTest', files: 4, run: runCommittee },
    { module: 'types', type: 'ssvmsg.SSVMessageTest', files: 2, run: runMessageId },
    // The other two of these 26 are sizes of attestations, which never travel on our wire.
    { module: 'types', type: 'maxmsgsize.StructureSizeTest', files: 24, skip: 'Attestation', run: runSize },
    {
      module: 'ssv',
      type: 'partialsigcontainer.PartialSigContainerTest',
      files: 5,
      run: runPartialContainer,
    },
  ];
};

export interface ClassResult {
  readonly passed: number;
  readonly found: number;
  readonly failures: readonly { readonly file: string; readonly why: string }[];
}

export const runClass = (folder: string, of: VectorClass): ClassResult => {
  const { skip } = of;
  const all: readonly Vector[] = vectorsOf(folder, of.module, of.type);
  const vectors = skip === undefined ? all : all.filter(({ file }) => !file.includes(skip));
  const failures: { file: string; why: string }[] = [];
  for (const { file, json } of vectors) {
    try {
      of.run(json);
    } catch (fault) {
      failures.push({ file, why: fault instanceof Error ? fault.message : String(fault) });
    }
  }
  return { passed: vectors.length - failures.length, found: vectors.length, failures };
};
