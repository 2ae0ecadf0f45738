/**
 * A Dirk for tests where there is no real one, and for what a real one never does: gRPC over HTTP/2 with client certificates.
 *
 * It signs as Dirk does, with its rules for attestations and proposals. A test may change any response.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createSecureServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { digest64 } from '@chainsafe/persistent-merkle-tree';
import { toHex } from '../../../src/core/bytes.ts';
import { attestationDataRoot, blockHeaderRoot } from '../../../src/core/eth2/signing-root.ts';
import type { Epoch, Root, Slot } from '../../../src/core/ids.ts';
import { verifyPartials } from '../../../src/core/threshold/combine.ts';
import { createDirkSigner, type DirkOptions } from '../../../src/signer/dirk/dirk.ts';
import { Lister, ResponseState, Signer } from '../../../src/signer/dirk/dirk-pb.ts';
import { keyOf, secrets } from '../contract.ts';

const file = (name: string): string =>
  readFileSync(new URL(`../web3signer/tls/${name}`, import.meta.url), 'utf8');
const held = new Map(secrets.map((secret) => [keyOf(secret) as string, secret]));

type Answer = MessageInitShape<typeof Signer.method.sign.output>;
/** Writes to the stream in its own way; true where it did. */
export type TakeOver = (stream: ServerHttp2Stream, path: string) => boolean;

export interface Double extends AsyncDisposable {
  readonly endpoint: string;
  /** Paths that were asked, in order, and how many requests were in each. */
  readonly asked: { readonly path: string; readonly count: number }[];
  takeOver: TakeOver | null;
  /** What becomes of an answer of its own. */
  change: (answer: Answer) => Answer;
  /** Ends all connections without a word. */
  cut(): void;
  signer(options?: Partial<DirkOptions>): ReturnType<typeof createDirkSigner>;
}

export const frame = (message: Uint8Array): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};

export const answerWith = (stream: ServerHttp2Stream, body: Buffer, status = '0', message = ''): void => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': message }));
  stream.end(body);
};

type AttestationRequest = ReturnType<typeof readAttestation>;
const readAttestation = (bytes: Uint8Array) => fromBinary(Signer.method.signBeaconAttestation.input, bytes);
const root = (bytes: Uint8Array | undefined): Root => toHex(bytes ?? new Uint8Array()) as Root;

/** Signs with the rules of one Dirk. */
const createRules = () => {
  const last = new Map<string, bigint>();
  const sign = (
    id: AttestationRequest['id'],
    objectRoot: Uint8Array,
    domain: Uint8Array,
    rule?: readonly [string, bigint],
  ): Answer => {
    const share = id.case === 'publicKey' ? toHex(id.value) : '';
    const secret = held.get(share);
    const [kind, place] = rule ?? ['', 0n];
    if (secret === undefined || (rule !== undefined && place <= (last.get(kind + share) ?? -1n)))
      return { state: ResponseState.DENIED };
    if (rule !== undefined) last.set(kind + share, place);
    const signature = secret.sign(digest64(objectRoot, domain)).toBytes();
    return { state: ResponseState.SUCCEEDED, signature };
  };
  const attest = ({ id, domain, data }: AttestationRequest): Answer => {
    assert(data?.source !== undefined && data.target !== undefined);
    const checkpoint = ({ epoch, root: bytes }: { epoch: bigint; root: Uint8Array }) => ({
      epoch: Number(epoch) as Epoch,
      root: root(bytes),
    });
    const vote = {
      beaconBlockRoot: root(data.beaconBlockRoot),
      source: checkpoint(data.source),
      target: checkpoint(data.target),
    };
    const object = attestationDataRoot(Number(data.slot) as Slot, Number(data.committeeIndex), vote);
    return sign(id, object, domain, ['attestation', data.target.epoch]);
  };
  return { sign, attest };
};

type Rules = ReturnType<typeof createRules>;

/** The response to one request, and how many there were in it. */
const answerTo = (
  rules: Rules,
  change: (answer: Answer) => Answer,
  path: string,
  bytes: Uint8Array,
): readonly [Uint8Array, number] => {
  const pack = <Output extends DescMessage>(output: Output, message: MessageInitShape<Output>): Uint8Array =>
    toBinary(output, create(output, message));
  const { sign, signBeaconAttestation, signBeaconAttestations, signBeaconProposal } = Signer.method;
  switch (path) {
    case '/v1.Lister/ListAccounts': {
      const accounts = [...held.values()].map((secret, at) => ({
        name: `shares/share-${at}`,
        publicKey: secret.toPublicKey().toBytes(),
      }));
      return [pack(Lister.method.listAccounts.output, { state: ResponseState.SUCCEEDED, accounts }), 1];
    }
    case '/v1.Signer/Sign': {
      const { id, data, domain } = fromBinary(sign.input, bytes);
      return [pack(sign.output, change(rules.sign(id, data, domain))), 1];
    }
    case '/v1.Signer/SignBeaconAttestation':
      return [pack(signBeaconAttestation.output, change(rules.attest(readAttestation(bytes)))), 1];
    case '/v1.Signer/SignBeaconAttestations': {
      const { requests } = fromBinary(signBeaconAttestations.input, bytes);
      const responses = requests.map((request) => change(rules.attest(request)));
      return [pack(signBeaconAttestations.output, { responses }), requests.length];
    }
    case '/v1.Signer/SignBeaconProposal': {
      const { id, domain, data } = fromBinary(signBeaconProposal.input, bytes);
      assert(data !== undefined);
      const object = blockHeaderRoot({
        slot: Number(data.slot) as Slot,
        proposerIndex: Number(data.proposerIndex),
        parentRoot: root(data.parentRoot),
        stateRoot: root(data.stateRoot),
        bodyRoot: root(data.bodyRoot),
      });
      return [
        pack(signBeaconProposal.output, change(rules.sign(id, object, domain, ['block', data.slot]))),
        1,
      ];
    }
    default:
      throw new Error(`nothing is at ${path}`);
  }
};

export const startDouble = async (): Promise<Double> => {
  const server = createSecureServer({
    cert: file('server.pem'),
    key: file('server.key.pem'),
    ca: file('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  });
  const sessions = new Set<Http2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
    session.on('close', () => sessions.delete(session));
  });
  const rules = createRules();
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const path = headers[':path'] ?? '';
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (double.takeOver?.(stream, path)) return;
      const [body, count] = answerTo(rules, double.change, path, Buffer.concat(chunks).subarray(5));
      double.asked.push({ path, count });
      if (!stream.destroyed) answerWith(stream, frame(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cut = (): void => {
    for (const session of sessions) session.destroy();
  };
  const double: Double = {
    endpoint,
    asked: [],
    takeOver: null,
    change: (answer) => answer,
    cut,
    signer: (options = {}) =>
      createDirkSigner({
        endpoint,
        ca: file('ca.pem'),
        cert: file('client.pem'),
        key: file('client.key.pem'),
        wallets: ['shares'],
        timeoutMs: 5000,
        verify: async (check) => verifyPartials([check])[0] === true,
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
  return double;
};
