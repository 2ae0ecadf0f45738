/**
 * The remote signers of a configuration: Web3Signers or Dirks, in order of preference.
 */
import { readFileSync } from 'node:fs';
import type { Network } from '../../core/eth2/network.ts';
import { renderWeb3Signer } from '../../core/eth2/render.ts';
import { createDirkSigner } from '../../signer/dirk/dirk.ts';
import { createWeb3Signer } from '../../signer/web3signer/web3signer.ts';
import type { Combiner, ShareSigner } from '../../workflow/ports.ts';
import type { RunConfig } from '../config.ts';
import { serverNameAt } from './dirk-options.ts';

export interface RemoteSigner {
  /** For messages. */
  readonly place: string;
  readonly signer: ShareSigner & AsyncDisposable;
}

type Verify = Combiner['verifyPartials'];

const read = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : readFileSync(path, 'utf8');

/** Throws where a file cannot be read or an address cannot be used. */
export const createWeb3Signers = (
  config: RunConfig,
  network: Network,
  verify: Verify,
): readonly RemoteSigner[] => {
  const [ca, cert, key] = [
    read(config.signerTlsCaFile),
    read(config.signerTlsCertFile),
    read(config.signerTlsKeyFile),
  ];
  return config.signerUrl.map((url) => ({
    place: url,
    signer: createWeb3Signer({
      url,
      timeoutMs: config.signerTimeoutMs,
      tls: {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      },
      render: (signable, roots) => renderWeb3Signer(network, signable, roots),
      verify: async (check) => (await verify([check]))[0] === true,
    }),
  }));
};

/** Throws where a file cannot be read. */
export const createDirkSigners = (config: RunConfig, verify: Verify): readonly RemoteSigner[] => {
  const tls = {
    ca: read(config.dirkCaFile) ?? '',
    cert: read(config.dirkCertFile) ?? '',
    key: read(config.dirkKeyFile) ?? '',
  };
  return config.dirkEndpoint.map((endpoint, at) => {
    const serverName = serverNameAt(config, at);
    return {
      place: `Dirk at ${endpoint} (wallets ${config.dirkWallets.join(', ')}, as far as it shows them to our certificate)`,
      signer: createDirkSigner({
        endpoint,
        ...(serverName === undefined ? {} : { serverName }),
        ...tls,
        wallets: config.dirkWallets,
        timeoutMs: config.signerTimeoutMs,
        verify: async (check) => (await verify([check]))[0] === true,
      }),
    };
  });
};
