import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../src/cli/dispatch.ts';
import { quorate } from './terminal.ts';

test('help lists every command, and every command has help with its options', async () => {
  const { code, out } = await quorate(['--help']);
  assert.equal(code, 0);
  for (const name of Object.keys(commands)) {
    assert.match(out, new RegExp(`^ {2}${name} `, 'm'));
    const help = await quorate([name, '--help']);
    assert.equal(help.code, 0);
    assert.match(help.out, new RegExp(`^Usage: quorate ${name}`));
    assert.match(help.out, /^ {2}--/m, name);
  }
});

test('the version is that of package.json', async () => {
  const { code, out } = await quorate(['--version']);
  assert.equal(code, 0);
  assert.match(out, /^\d+\.\d+\.\d+\n$/);
});

for (const [title, argv, message] of [
  ['no command', [], /Usage: quorate COMMAND/],
  ['an unknown command', ['splitt'], /there is no command splitt \(did you mean split\?\)/],
  ['the name of a method of objects', ['toString'], /there is no command toString/],
  ['an unknown flag', ['run', '--htp-port=1'], /--htp-port: no such flag \(did you mean http-port\?\)/],
  ['a missing option', ['check'], /--cluster-file is missing/],
  ['a word too many', ['split', 'now', '--cluster-file=a', '--out-dir=b'], /now: is not an option/],
  ['slashing without an action', ['slashing'], /say `import FILE` or `export`/],
] as const) {
  test(`${title} is wrong use: exit code 2 and a way on`, async () => {
    const { code, out, err } = await quorate(argv);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, message);
  });
}
