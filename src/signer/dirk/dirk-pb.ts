/**
 * Dirk's messages and services as types. Generated from dirk.proto by test/signer/dirk/generate/main.ts; do not edit.
 */

import type { Message, UnknownEnum } from '@bufbuild/protobuf';
import type { GenFile, GenMessage, GenService } from '@bufbuild/protobuf/codegenv2';
import { fileDesc, messageDesc, serviceDesc } from '@bufbuild/protobuf/codegenv2';

export const file_dirk: GenFile =
  /*@__PURE__*/
  fileDesc(
    'CgpkaXJrLnByb3RvEgJ2MSIkChNMaXN0QWNjb3VudHNSZXF1ZXN0Eg0KBXBhdGhzGAEgAygJIo0BChRMaXN0QWNjb3VudHNSZXNwb25zZRIgCgVzdGF0ZRgBIAEoDjIRLnYxLlJlc3BvbnNlU3RhdGUSHQoIYWNjb3VudHMYAiADKAsyCy52MS5BY2NvdW50EjQKFGRpc3RyaWJ1dGVkX2FjY291bnRzGAMgAygLMhYudjEuRGlzdHJpYnV0ZWRBY2NvdW50IisKB0FjY291bnQSDAoEbmFtZRgBIAEoCRISCgpwdWJsaWNfa2V5GAIgASgMIlQKEkRpc3RyaWJ1dGVkQWNjb3VudBIMCgRuYW1lGAEgASgJEhIKCnB1YmxpY19rZXkYAiABKAwSHAoUY29tcG9zaXRlX3B1YmxpY19rZXkYBiABKAwiWgoLU2lnblJlcXVlc3QSFAoKcHVibGljX2tleRgBIAEoDEgAEhEKB2FjY291bnQYAiABKAlIABIMCgRkYXRhGAMgASgMEg4KBmRvbWFpbhgEIAEoDEIECgJpZCJDCgxTaWduUmVzcG9uc2USIAoFc3RhdGUYASABKA4yES52MS5SZXNwb25zZVN0YXRlEhEKCXNpZ25hdHVyZRgCIAEoDCI4ChFNdWx0aXNpZ25SZXNwb25zZRIjCglyZXNwb25zZXMYASADKAsyEC52MS5TaWduUmVzcG9uc2UiKQoKQ2hlY2twb2ludBINCgVlcG9jaBgBIAEoBBIMCgRyb290GAIgASgMIpMBCg9BdHRlc3RhdGlvbkRhdGESDAoEc2xvdBgBIAEoBBIXCg9jb21taXR0ZWVfaW5kZXgYAiABKAQSGQoRYmVhY29uX2Jsb2NrX3Jvb3QYAyABKAwSHgoGc291cmNlGAQgASgLMg4udjEuQ2hlY2twb2ludBIeCgZ0YXJnZXQYBSABKAsyDi52MS5DaGVja3BvaW50IoABChxTaWduQmVhY29uQXR0ZXN0YXRpb25SZXF1ZXN0EhQKCnB1YmxpY19rZXkYASABKAxIABIRCgdhY2NvdW50GAIgASgJSAASDgoGZG9tYWluGAMgASgMEiEKBGRhdGEYBCABKAsyEy52MS5BdHRlc3RhdGlvbkRhdGFCBAoCaWQiUwodU2lnbkJlYWNvbkF0dGVzdGF0aW9uc1JlcXVlc3QSMgoIcmVxdWVzdHMYASADKAsyIC52MS5TaWduQmVhY29uQXR0ZXN0YXRpb25SZXF1ZXN0InUKEUJlYWNvbkJsb2NrSGVhZGVyEgwKBHNsb3QYASABKAQSFgoOcHJvcG9zZXJfaW5kZXgYAiABKAQSEwoLcGFyZW50X3Jvb3QYAyABKAwSEgoKc3RhdGVfcm9vdBgEIAEoDBIRCglib2R5X3Jvb3QYBSABKAwifwoZU2lnbkJlYWNvblByb3Bvc2FsUmVxdWVzdBIUCgpwdWJsaWNfa2V5GAEgASgMSAASEQoHYWNjb3VudBgCIAEoCUgAEg4KBmRvbWFpbhgDIAEoDBIjCgRkYXRhGAQgASgLMhUudjEuQmVhY29uQmxvY2tIZWFkZXJCBAoCaWQqQwoNUmVzcG9uc2VTdGF0ZRILCgdVTktOT1dOEAASDQoJU1VDQ0VFREVEEAESCgoGREVOSUVEEAISCgoGRkFJTEVEEAMySwoGTGlzdGVyEkEKDExpc3RBY2NvdW50cxIXLnYxLkxpc3RBY2NvdW50c1JlcXVlc3QaGC52MS5MaXN0QWNjb3VudHNSZXNwb25zZTKbAgoGU2lnbmVyEikKBFNpZ24SDy52MS5TaWduUmVxdWVzdBoQLnYxLlNpZ25SZXNwb25zZRJLChVTaWduQmVhY29uQXR0ZXN0YXRpb24SIC52MS5TaWduQmVhY29uQXR0ZXN0YXRpb25SZXF1ZXN0GhAudjEuU2lnblJlc3BvbnNlElIKFlNpZ25CZWFjb25BdHRlc3RhdGlvbnMSIS52MS5TaWduQmVhY29uQXR0ZXN0YXRpb25zUmVxdWVzdBoVLnYxLk11bHRpc2lnblJlc3BvbnNlEkUKElNpZ25CZWFjb25Qcm9wb3NhbBIdLnYxLlNpZ25CZWFjb25Qcm9wb3NhbFJlcXVlc3QaEC52MS5TaWduUmVzcG9uc2ViBnByb3RvMw',
  );

export type ListAccountsRequest = Message<'v1.ListAccountsRequest'> & {
  paths: string[];
};

export const ListAccountsRequestSchema: GenMessage<ListAccountsRequest> =
  /*@__PURE__*/
  messageDesc(file_dirk, 0);

export type ListAccountsResponse = Message<'v1.ListAccountsResponse'> & {
  state: ResponseState;

  accounts: Account[];

  distributedAccounts: DistributedAccount[];
};

export const ListAccountsResponseSchema: GenMessage<ListAccountsResponse> =
  /*@__PURE__*/
  messageDesc(file_dirk, 1);

export type Account = Message<'v1.Account'> & {
  name: string;

  publicKey: Uint8Array;
};

export type DistributedAccount = Message<'v1.DistributedAccount'> & {
  name: string;

  publicKey: Uint8Array;

  compositePublicKey: Uint8Array;
};

export type SignRequest = Message<'v1.SignRequest'> & {
  id:
    | {
        value: Uint8Array;
        case: 'publicKey';
      }
    | {
        value: string;
        case: 'account';
      }
    | { case: undefined; value?: undefined };

  data: Uint8Array;

  domain: Uint8Array;
};

export const SignRequestSchema: GenMessage<SignRequest> = /*@__PURE__*/ messageDesc(file_dirk, 4);

export type SignResponse = Message<'v1.SignResponse'> & {
  state: ResponseState;

  signature: Uint8Array;
};

export const SignResponseSchema: GenMessage<SignResponse> = /*@__PURE__*/ messageDesc(file_dirk, 5);

export type MultisignResponse = Message<'v1.MultisignResponse'> & {
  responses: SignResponse[];
};

export const MultisignResponseSchema: GenMessage<MultisignResponse> = /*@__PURE__*/ messageDesc(file_dirk, 6);

export type Checkpoint = Message<'v1.Checkpoint'> & {
  epoch: bigint;

  root: Uint8Array;
};

export type AttestationData = Message<'v1.AttestationData'> & {
  slot: bigint;

  committeeIndex: bigint;

  beaconBlockRoot: Uint8Array;

  source?: Checkpoint | undefined;

  target?: Checkpoint | undefined;
};

export type SignBeaconAttestationRequest = Message<'v1.SignBeaconAttestationRequest'> & {
  id:
    | {
        value: Uint8Array;
        case: 'publicKey';
      }
    | {
        value: string;
        case: 'account';
      }
    | { case: undefined; value?: undefined };

  domain: Uint8Array;

  data?: AttestationData | undefined;
};

export const SignBeaconAttestationRequestSchema: GenMessage<SignBeaconAttestationRequest> =
  /*@__PURE__*/
  messageDesc(file_dirk, 9);

export type SignBeaconAttestationsRequest = Message<'v1.SignBeaconAttestationsRequest'> & {
  requests: SignBeaconAttestationRequest[];
};

export const SignBeaconAttestationsRequestSchema: GenMessage<SignBeaconAttestationsRequest> =
  /*@__PURE__*/
  messageDesc(file_dirk, 10);

export type BeaconBlockHeader = Message<'v1.BeaconBlockHeader'> & {
  slot: bigint;

  proposerIndex: bigint;

  parentRoot: Uint8Array;

  stateRoot: Uint8Array;

  bodyRoot: Uint8Array;
};

export type SignBeaconProposalRequest = Message<'v1.SignBeaconProposalRequest'> & {
  id:
    | {
        value: Uint8Array;
        case: 'publicKey';
      }
    | {
        value: string;
        case: 'account';
      }
    | { case: undefined; value?: undefined };

  domain: Uint8Array;

  data?: BeaconBlockHeader | undefined;
};

export const SignBeaconProposalRequestSchema: GenMessage<SignBeaconProposalRequest> =
  /*@__PURE__*/
  messageDesc(file_dirk, 12);

export const ResponseState = {
  UNKNOWN: 0,

  SUCCEEDED: 1,

  DENIED: 2,

  FAILED: 3,
} as const;

export type ResponseState = (typeof ResponseState)[keyof typeof ResponseState] | UnknownEnum;

export const Lister: GenService<{
  listAccounts: {
    methodKind: 'unary';
    input: typeof ListAccountsRequestSchema;
    output: typeof ListAccountsResponseSchema;
  };
}> = /*@__PURE__*/ serviceDesc(file_dirk, 0);

export const Signer: GenService<{
  sign: {
    methodKind: 'unary';
    input: typeof SignRequestSchema;
    output: typeof SignResponseSchema;
  };
  signBeaconAttestation: {
    methodKind: 'unary';
    input: typeof SignBeaconAttestationRequestSchema;
    output: typeof SignResponseSchema;
  };
  signBeaconAttestations: {
    methodKind: 'unary';
    input: typeof SignBeaconAttestationsRequestSchema;
    output: typeof MultisignResponseSchema;
  };
  signBeaconProposal: {
    methodKind: 'unary';
    input: typeof SignBeaconProposalRequestSchema;
    output: typeof SignResponseSchema;
  };
}> = /*@__PURE__*/ serviceDesc(file_dirk, 1);
