/**
 * Options that commands have in common: `quorate run` with `quorate signer` or `quorate observe`; and what must hold between them.
 */
import { optional, optionsOf } from './option.ts';

const http = optionsOf('Validator client (HTTP)');
const signer = optionsOf("Who holds this operator's key shares");
const watching = optionsOf('Logs and metrics');

export const httpProperties = {
  'http-host': http.text('HOST', 'Address to listen on', { default: '127.0.0.1' }),
  'http-port': http.integer('PORT', 'Port to listen on', { default: 9000, minimum: 0, maximum: 65535 }),
  'http-host-allowlist': http.list('HOST,...', 'Host header names that are answered; * answers all', {
    default: ['localhost', '127.0.0.1', '::1'],
  }),
  'tls-cert-file': optional(http.text('FILE', 'PEM certificate chain; turns TLS on')),
  'tls-key-file': optional(http.text('FILE', 'PEM private key of the certificate')),
  'tls-client-ca-file': optional(
    http.text('FILE', 'PEM CA certificates; clients must then present a certificate of theirs'),
  ),
  'tls-known-clients': optional(
    http.text('FILE', 'Allow list of client certificates, one "name sha256-fingerprint" a line; needs TLS'),
  ),
};

const network = optionsOf('Network and cluster');

export const networkProperties = {
  network: optional(
    network.text(
      'NAME',
      'mainnet, hoodi, sepolia, gnosis or chiado; must agree with the cluster file, which is the default',
    ),
  ),
  'network-file': optional(
    network.text('FILE', 'Description of a custom network (cluster files say network: custom)'),
  ),
};

const peers = optionsOf('Peers');

/** `others`: for whom the node listens. */
export const p2pProperties = (others: string) => ({
  'p2p-listen': peers.list('MULTIADDR,...', `Addresses to listen on for other ${others}`, {
    default: ['/ip4/0.0.0.0/tcp/16000'],
    maxItems: 16,
  }),
  'p2p-announce': peers.list('MULTIADDR,...', 'Addresses told to others instead of the ones listened on', {
    default: [],
    maxItems: 16,
  }),
});

/** How to reach `whom` over TLS; listed in the group of `options`. */
export const signerTlsProperties = (options: ReturnType<typeof optionsOf>, whom: string) => ({
  'signer-tls-ca-file': optional(options.text('FILE', `PEM CA certificates that vouch for ${whom}`)),
  'signer-tls-cert-file': optional(options.text('FILE', `PEM client certificate shown to ${whom}`)),
  'signer-tls-key-file': optional(options.text('FILE', 'PEM private key of that certificate')),
});

const operatorKey = optionsOf('Operator key in a PKCS#11 token');

/** All four, in place of a key file. */
export const pkcs11Properties = {
  'operator-key-pkcs11-module': optional(
    operatorKey.text('FILE', "The token's PKCS#11 module, such as libsofthsm2.so"),
  ),
  'operator-key-pkcs11-token-label': optional(operatorKey.text('LABEL', 'Label of the token')),
  'operator-key-pkcs11-key-label': optional(
    operatorKey.text('LABEL', 'Label of the RSA-2048 private key in it'),
  ),
  'operator-key-pkcs11-pin-file': optional(operatorKey.text('FILE', "The user's PIN for the token")),
};

interface OperatorKeyOptions {
  readonly operatorKeyFile?: string;
  readonly operatorKeyPkcs11Module?: string;
  readonly operatorKeyPkcs11TokenLabel?: string;
  readonly operatorKeyPkcs11KeyLabel?: string;
  readonly operatorKeyPkcs11PinFile?: string;
}

const pkcs11Names = ['module', 'token-label', 'key-label', 'pin-file'] as const;

/** A key file, or all of a token's options. */
export const operatorKeyProblems = (config: OperatorKeyOptions): readonly string[] => {
  const given = [
    config.operatorKeyPkcs11Module,
    config.operatorKeyPkcs11TokenLabel,
    config.operatorKeyPkcs11KeyLabel,
    config.operatorKeyPkcs11PinFile,
  ];
  const lacking = pkcs11Names.filter((_, at) => given[at] === undefined);
  const isToken = lacking.length < pkcs11Names.length;
  if (!isToken && config.operatorKeyFile === undefined) {
    return [
      "--operator-key-file is missing: this operator's RSA private key; or give the --operator-key-pkcs11 options for a key in a token",
    ];
  }
  if (isToken && config.operatorKeyFile !== undefined)
    return ['give either --operator-key-file or the --operator-key-pkcs11 options'];
  return isToken ? lacking.map((name) => `--operator-key-pkcs11-${name} is missing`) : [];
};

export const keymanagerProperties = {
  'keymanager-enabled': http.flag('Serve the keymanager API (/eth/v1/...) on the same port, with a token', {
    default: false,
  }),
  'keymanager-token-file': optional(
    http.text(
      'FILE',
      'Bearer token of the keymanager API; made if it is not there. keymanager-token.txt in the data folder unless given',
    ),
  ),
};

export const watchingProperties = {
  'metrics-host': watching.text('HOST', 'Address of the metrics listener', { default: '127.0.0.1' }),
  'metrics-port': watching.integer('PORT', 'Port of the metrics listener', {
    default: 9001,
    minimum: 0,
    maximum: 65535,
  }),
  'metrics-enabled': watching.flag('Serve Prometheus metrics', { default: true }),
  'log-level': watching.choice(
    ['error', 'warn', 'info', 'debug', 'trace'],
    'Least severe level that is written',
    {
      default: 'info',
    },
  ),
  'log-format': watching.choice(['json', 'pretty'], 'One JSON object a line, or text for people', {
    default: 'json',
  }),
};

export const keystoreProperties = {
  'keystores-dir': optional(signer.text('DIR', 'Folder of EIP-2335 keystores (*.json), one for each share')),
  'keystores-passwords-dir': optional(signer.text('DIR', 'Folder of passwords, NAME.txt for NAME.json')),
  'keystores-password-file': optional(signer.text('FILE', 'One password for all keystores')),
};

interface TlsFiles {
  readonly tlsCertFile?: string;
  readonly tlsKeyFile?: string;
  readonly tlsClientCaFile?: string;
  readonly tlsKnownClients?: string;
}

export const tlsProblems = (config: TlsFiles): readonly string[] => {
  const problems: string[] = [];
  if ((config.tlsCertFile === undefined) !== (config.tlsKeyFile === undefined)) {
    problems.push('--tls-cert-file and --tls-key-file go together: give both, or neither');
  }
  if (config.tlsCertFile === undefined && (config.tlsClientCaFile ?? config.tlsKnownClients) !== undefined) {
    problems.push(
      '--tls-client-ca-file and --tls-known-clients need TLS: give --tls-cert-file and --tls-key-file',
    );
  }
  return problems;
};

interface KeystorePlaces {
  readonly keystoresDir?: string;
  readonly keystoresPasswordsDir?: string;
  readonly keystoresPasswordFile?: string;
}

export const keystoreProblems = (config: KeystorePlaces): readonly string[] => {
  if (config.keystoresDir === undefined)
    return ['--keystores-dir is missing: the folder of the share keystores'];
  const ways = [config.keystoresPasswordsDir, config.keystoresPasswordFile].filter(
    (way) => way !== undefined,
  );
  return ways.length === 1 ? [] : ['give either --keystores-passwords-dir or --keystores-password-file'];
};
