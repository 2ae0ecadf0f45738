import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readRunConfig, runSchema } from '../../src/app/config.ts';
import { optionsHelp } from '../../src/app/settings/help.ts';
import { readSignerConfig } from '../../src/app/signer/signer-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-config-'));
after(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const least = [
  '--cluster-file=cluster.yaml',
  '--operator-id=1',
  '--operator-key-file=key',
  '--keystores-dir=keys',
  '--keystores-password-file=password',
];

const read = (argv: readonly string[], environment: Record<string, string> = {}) =>
  readRunConfig({ argv, environment });
const settingsOf = (argv: readonly string[], environment: Record<string, string> = {}) => {
  const outcome = read(argv, environment);
  assert.ok(outcome.type === 'ok', outcome.type === 'problems' ? outcome.problems.join('\n') : '');
  return outcome.settings;
};
const problemsOf = (argv: readonly string[], environment: Record<string, string> = {}): readonly string[] => {
  const outcome = read(argv, environment);
  assert.ok(outcome.type === 'problems', 'expected problems');
  return outcome.problems;
};

test('the least a node needs is told, the rest has defaults', () => {
  const config = settingsOf(least);
  assert.equal(config.httpHost, '127.0.0.1');
  assert.equal(config.httpPort, 9000);
  assert.equal(config.metricsPort, 9001);
  assert.equal(config.valueCheck, 'strict');
  assert.deepEqual(config.p2pListen, ['/ip4/0.0.0.0/tcp/16000']);
  assert.equal(config.network, undefined);
  const missing = problemsOf([]);
  for (const name of ['cluster-file', 'operator-id']) {
    assert.ok(
      missing.some((problem) => problem.startsWith(`--${name} is missing: `)),
      name,
    );
  }
});

test('a flag wins over the environment, that over the file, that over the default', () => {
  const path = file('all.yaml', 'http-port: 1\nmetrics-port: 2\nlog-level: debug\nshutdown-grace-ms: 3\n');
  const environment = { QUORATE_CONFIG_FILE: path, QUORATE_HTTP_PORT: '11', QUORATE_METRICS_PORT: '12' };
  const config = settingsOf([...least, '--http-port', '111'], environment);
  assert.deepEqual(
    [config.httpPort, config.metricsPort, config.shutdownGraceMs, config.logLevel, config.logFormat],
    [111, 12, 3, 'debug', 'json'],
  );
});

test('where each value came from is told', () => {
  const outcome = read([...least, '--config-file', file('one.yaml', 'http-port: 1\n')], {
    QUORATE_LOG_LEVEL: 'warn',
  });
  assert.ok(outcome.type === 'ok');
  assert.deepEqual(
    ['operator-id', 'log-level', 'http-port', 'log-format'].map((name) => outcome.origins.get(name)),
    ['flag', 'environment', 'file', 'default'],
  );
});

test('lists are repeated or written with commas', () => {
  const hosts = settingsOf([
    ...least,
    '--http-host-allowlist=a,b',
    '--http-host-allowlist',
    'c',
  ]).httpHostAllowlist;
  assert.deepEqual(hosts, ['a', 'b', 'c']);
  assert.deepEqual(settingsOf(least, { QUORATE_HTTP_HOST_ALLOWLIST: 'x, y' }).httpHostAllowlist, ['x', 'y']);
});

test('switches are turned off by --no-, by =false and by the environment', () => {
  for (const flag of ['--no-metrics-enabled', '--metrics-enabled=false']) {
    assert.equal(settingsOf([...least, flag]).metricsEnabled, false);
  }
  assert.equal(settingsOf(least, { QUORATE_METRICS_ENABLED: 'false' }).metricsEnabled, false);
});

test('an empty variable counts as not set', () => {
  assert.equal(settingsOf(least, { QUORATE_NETWORK: '' }).network, undefined);
});

const table: readonly [string, readonly string[], Record<string, string>, RegExp][] = [
  ['an unknown flag', ['--http-prot=1'], {}, /^--http-prot: no such flag \(did you mean http-port\?\)/],
  [
    'an unknown variable',
    [],
    { QUORATE_HTP_PORT: '1' },
    /^QUORATE_HTP_PORT: no such variable \(did you mean QUORATE_HTTP_PORT\?\)/,
  ],
  ['a port out of range', ['--http-port=65536'], {}, /^--http-port: must be a whole number from 0 to 65535$/],
  [
    'a port that is no number',
    [],
    { QUORATE_HTTP_PORT: '9e3' },
    /^QUORATE_HTTP_PORT: must be a whole number/,
  ],
  ['a flag without its value', ['--network'], {}, /^--network: needs a value$/],
  ['a flag whose value is the next flag', ['--network', '--http-port=1'], {}, /^--network: needs a value$/],
  ['a flag given twice', ['--http-port=1', '--http-port=2'], {}, /^--http-port: given twice$/],
  ['a choice that is none', ['--signer=vault'], {}, /^--signer: must be one of keystore, web3signer, dirk$/],
  ['a stray word', ['now'], {}, /^now: is not an option/],
  [
    'a certificate without its key',
    ['--tls-cert-file=a'],
    {},
    /^--tls-cert-file and --tls-key-file go together/,
  ],
  ['client certificates without TLS', ['--tls-client-ca-file=a'], {}, /need TLS/],
  [
    'both ways to give passwords',
    ['--keystores-passwords-dir=a'],
    {},
    /^give either --keystores-passwords-dir or/,
  ],
  ['a Web3Signer without its address', ['--signer=web3signer'], {}, /^--signer-url is missing/],
];

for (const [title, argv, environment, problem] of table) {
  test(`${title} is a problem that says what to do`, () => {
    const problems = problemsOf([...least, ...argv], environment);
    assert.ok(
      problems.some((text) => problem.test(text)),
      problems.join('\n'),
    );
  });
}

test('unknown keys and bad values of the config file are named with the file', () => {
  const path = file('bad.yaml', 'htttp-port: 1\nmetrics-port: many\nlog-level: [a]\n');
  const problems = problemsOf([...least, `--config-file=${path}`]).join('\n');
  assert.match(problems, /bad\.yaml: htttp-port: no such option \(did you mean http-port\?\)/);
  assert.match(problems, /^metrics-port in the config file: must be a whole number/m);
  assert.match(problems, /^log-level in the config file: must be one of/m);
});

for (const [line, expected] of [
  ['http-port: 1.5', 'a whole number from 0 to 65535'],
  ['http-port: .nan', 'a whole number from 0 to 65535'],
  ['http-port: -1', 'a whole number from 0 to 65535'],
  ['network: 5', 'text that is not empty'],
  ['network: ""', 'text that is not empty'],
  [`network: ${'x'.repeat(4097)}`, 'text that is not empty'],
  ['metrics-enabled: 1', 'true or false'],
  ['log-level: toString', 'one of error, warn, info, debug, trace'],
  ['p2p-listen: [1]', 'a list of at most 16 texts'],
  ['p2p-listen: [""]', 'a list of at most 16 texts'],
  ['p2p-listen: {a: b}', 'a list of at most 16 texts'],
  [`p2p-listen: [${Array(17).fill('a')}]`, 'a list of at most 16 texts'],
] as const) {
  test(`${line.slice(0, 40)} in a config file is refused with what is taken there`, () => {
    const [name] = line.split(':');
    assert.deepEqual(problemsOf([...least, `--config-file=${file('one.yaml', line)}`]), [
      `${name} in the config file: must be ${expected}`,
    ]);
  });
}

test('values at the bounds of their options are taken', () => {
  const path = file(
    'bounds.yaml',
    `network: ${'x'.repeat(4096)}\np2p-listen: [${Array(16).fill('a')}]\nhttp-port: 0\nmetrics-port: 65535\n`,
  );
  const config = settingsOf([...least, `--config-file=${path}`]);
  assert.deepEqual(
    [config.network?.length, config.p2pListen.length, config.httpPort, config.metricsPort],
    [4096, 16, 0, 65535],
  );
});

test('an option without a value and a default is absent from the settings', () => {
  assert.ok(!('network' in settingsOf(least)));
});

for (const [title, text] of [
  ['broken YAML', 'a: [1'],
  ['a list', '- 1'],
  ['a key twice', 'http-port: 1\nhttp-port: 2'],
] as const) {
  test(`a config file with ${title} is one readable problem`, () => {
    assert.equal(problemsOf([...least, `--config-file=${file('broken.yaml', text)}`]).length, 1);
  });
}

test('a config file that is missing is a problem', () => {
  assert.match(
    problemsOf([...least, '--config-file=/nowhere/x.yaml'])[0] ?? '',
    /^\/nowhere\/x\.yaml: cannot be read: ENOENT/,
  );
});

test('a value is never repeated in a problem, as someone may have put a secret there', () => {
  const problems = problemsOf([
    ...least,
    '--log-level=hunter2',
    '--http-port=hunter2',
    '--signer=hunter2',
  ]).join('\n');
  assert.ok(!problems.includes('hunter2'));
});

test('a URL with a password in it is refused without repeating it', () => {
  const problems = problemsOf([
    ...least.slice(0, 3),
    '--signer=web3signer',
    '--signer-url=http://me:hunter2@localhost',
  ]).join('\n');
  assert.match(problems, /^--signer-url: must be an http or https URL without user or password$/m);
  assert.ok(!problems.includes('hunter2'));
});

test('no option takes a secret itself', () => {
  for (const name of Object.keys(runSchema)) {
    if (/password|secret|mnemonic|key/.test(name))
      assert.match(name, /-(file|dir|enabled|module|label)$|^log-follow$|keystores/, name);
  }
});

test('help names every option once, with its range and default', () => {
  const help = optionsHelp(runSchema);
  for (const name of Object.keys(runSchema)) {
    assert.equal(
      help.split('\n').filter((line) => new RegExp(`^ {2}--${name}( |$)`).test(line)).length,
      1,
      name,
    );
  }
  assert.match(help, /--http-port PORT\n.*\[0 to 65535, default 9000\]/);
  assert.match(help, /--cluster-file FILE\n.*\[required\]/);
});

test('the signer command overlooks the variables of run and refuses others', () => {
  const argv = ['--keystores-dir=a', '--keystores-password-file=b'];
  assert.equal(readSignerConfig({ argv, environment: { QUORATE_OPERATOR_ID: '1' } }).type, 'ok');
  assert.equal(readSignerConfig({ argv, environment: { QUORATE_OPERATOR_IDS: '1' } }).type, 'problems');
});
