/**
 * The options of --signer dirk.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRunConfig } from '../../../src/app/config.ts';
import { serverNameAt } from '../../../src/app/shares/dirk-options.ts';

const general = ['--cluster-file=c.yaml', '--operator-id=1', '--operator-key-file=k.pem'];
const whole = [
  '--signer=dirk',
  '--dirk-endpoint=one.example:13141,10.0.0.2:13141',
  '--dirk-wallets=shares,more/validator-.*',
  '--dirk-ca-file=ca.pem',
  '--dirk-cert-file=cert.pem',
  '--dirk-key-file=key.pem',
];
const read = (argv: readonly string[]) => readRunConfig({ argv: [...general, ...argv], environment: {} });
const problemsOf = (argv: readonly string[]): readonly string[] => {
  const result = read(argv);
  return result.type === 'problems' ? result.problems : [];
};

test('what Dirk needs is read, each endpoint with its name', () => {
  const result = read([...whole, '--dirk-server-name=one,two']);
  assert(result.type === 'ok', JSON.stringify(result));
  const { settings } = result;
  assert.deepEqual(settings.dirkEndpoint, ['one.example:13141', '10.0.0.2:13141']);
  assert.deepEqual(settings.dirkWallets, ['shares', 'more/validator-.*']);
  assert.deepEqual(
    [0, 1].map((at) => serverNameAt(settings, at)),
    ['one', 'two'],
  );
  assert.deepEqual(
    [0, 1].map((at) => serverNameAt({ ...settings, dirkServerName: ['both'] }, at)),
    ['both', 'both'],
  );
  assert.equal(serverNameAt({ ...settings, dirkServerName: [] }, 0), undefined);
});

for (const [at, option] of ['endpoint', 'wallets', 'ca-file', 'cert-file', 'key-file'].entries()) {
  test(`--dirk-${option} is missed where it is missing`, () => {
    const problems = problemsOf(whole.filter((_, place) => place !== at + 1));
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', new RegExp(`^--dirk-${option} is missing`));
  });
}

test('what cannot be is told', () => {
  for (const endpoint of ['one', 'https://one:1', 'one:1/path', 'one:99999', 'me@one:1', '[::1'])
    assert.match(problemsOf([...whole, `--dirk-endpoint=${endpoint}`]).join(), /must be host:port/, endpoint);
  assert.deepEqual(problemsOf([...whole, '--dirk-endpoint=[::1]:13141']), []);
  assert.match(problemsOf([...whole, '--dirk-server-name=a,b,c']).join(), /one for each/);
  assert.match(problemsOf([...whole, '--keystores-dir=x']).join(), /--keystores-dir is for/);
  assert.match(problemsOf([...whole, '--signer-url=http://x']).join(), /--signer-url is for/);
  assert.match(
    problemsOf(['--signer=web3signer', '--signer-url=http://x', '--dirk-endpoint=a:1']).join(),
    /--dirk-endpoint is for/,
  );
});
