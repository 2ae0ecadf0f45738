/**
 * HTTPS and client certificates.
 *
 * A client is let in if its certificate's SHA-256 fingerprint is listed (it may then be self-signed), or if the client CA
 * signed it and its common name is listed. Where nothing is listed, the CA alone decides. A common name without the CA's
 * signature proves nothing, so listing names needs a CA.
 */
import type { IncomingMessage } from 'node:http';
import { type DetailedPeerCertificate, type PeerCertificate, TLSSocket } from 'node:tls';

export interface ClientCertificates {
  /** `optional`: a client without a certificate is let in, one with a wrong certificate is not. */
  readonly mode: 'required' | 'optional';
  /** PEM of the CAs that sign clients' certificates; null where fingerprints alone decide. */
  readonly caPem: string | null;
  readonly commonNames: readonly string[];
  /** SHA-256 of the DER certificate in hex; colons and case do not matter. */
  readonly fingerprints: readonly string[];
}

export interface TlsOptions {
  /** PEM: the certificate, then its chain. */
  readonly certPem: string;
  readonly keyPem: string;
  /** Null: any client. */
  readonly clients: ClientCertificates | null;
}

/** Options for node:https. Throws RangeError for client rules that would let nobody, or anybody, in. */
export const serverTls = ({ certPem, keyPem, clients }: TlsOptions) => {
  const base = { cert: certPem, key: keyPem, minVersion: 'TLSv1.2' as const };
  if (clients === null) return base;
  if (clients.caPem === null && clients.fingerprints.length === 0) {
    throw new RangeError('client certificates need a client CA or a list of fingerprints');
  }
  if (clients.caPem === null && clients.commonNames.length > 0) {
    throw new RangeError('a list of common names needs a client CA');
  }
  return {
    ...base,
    ...(clients.caPem === null ? {} : { ca: clients.caPem }),
    requestCert: true,
    // A listed certificate may be self-signed, so the handshake lets it pass and clientMayEnter decides.
    rejectUnauthorized: clients.mode === 'required' && clients.fingerprints.length === 0,
  };
};

const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

/** Judges each connection once. */
export const createClientGate = (clients: ClientCertificates): ((request: IncomingMessage) => boolean) => {
  const fingerprints = new Set(clients.fingerprints.map(plain));
  const names = new Set(clients.commonNames);
  const judged = new WeakMap<TLSSocket, boolean>();

  const judge = (socket: TLSSocket): boolean => {
    const certificate: PeerCertificate | DetailedPeerCertificate = socket.getPeerCertificate();
    if (Object.keys(certificate).length === 0) return clients.mode === 'optional';
    if (fingerprints.has(plain(certificate.fingerprint256))) return true;
    if (!socket.authorized) return false;
    if (names.size === 0) return fingerprints.size === 0;
    const name: unknown = certificate.subject.CN;
    return typeof name === 'string' && names.has(name);
  };

  return ({ socket }) => {
    if (!(socket instanceof TLSSocket)) return false;
    const known = judged.get(socket);
    if (known !== undefined) return known;
    const verdict = judge(socket);
    judged.set(socket, verdict);
    return verdict;
  };
};
