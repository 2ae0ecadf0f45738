/**
 * What becomes of a process whose log cannot be written: it goes on, and says so where it still can.
 */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { test } from 'node:test';

const logOutput = new URL('../../../src/app/report/log-output.ts', import.meta.url).href;
const terminal = new URL('../../../src/cli/terminal/process-terminal.ts', import.meta.url).href;

/** A process at a terminal as ours, with a log as ours. */
const program = (body: string): string[] => [
  '--input-type=module',
  '--eval',
  `import { createLogOutput } from '${logOutput}';
   import { openTerminal } from '${terminal}';
   openTerminal();
   const log = createLogOutput(process.stdout.fd, (why) => process.stderr.write('losing: ' + why + '\\n'));
   ${body}`,
];

const textOf = async (stream: Readable): Promise<string> => {
  stream.setEncoding('utf8');
  let text = '';
  for await (const part of stream) text += part;
  return text;
};

const start = (body: string) =>
  spawn(process.execPath, program(body), { stdio: ['ignore', 'pipe', 'pipe'] }) as ChildProcessByStdio<
    null,
    Readable,
    Readable
  >;

test('a reader that goes costs the lines and not the process; it says so once', async () => {
  const child = start(`
    log.write('first\\n');
    setTimeout(() => { for (let at = 0; at < 5; at++) log.write('more\\n'); }, 200);
    setTimeout(() => process.stderr.write('alive\\n'), 400);
  `);
  const said = textOf(child.stderr);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'exit');
  assert.equal(await said, 'losing: EPIPE: broken pipe, write\nalive\n');
  assert.equal(code, 0);
});

test('a full disk costs the lines and not the process; it says so once', {
  skip: existsSync('/dev/full') ? false : 'this system has no /dev/full',
}, async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(
    process.execPath,
    program(`
      for (let at = 0; at < 5; at++) log.write('line\\n');
      setTimeout(() => process.stderr.write('alive\\n'), 50);
    `),
    { stdio: ['ignore', full, 'pipe'] },
  );
  closeSync(full);
  assert.ok(child.stderr !== null);
  const said = textOf(child.stderr);
  const [code] = await once(child, 'exit');
  assert.equal(await said, 'losing: ENOSPC: no space left on device, write\nalive\n');
  assert.equal(code, 0);
});

test('nothing waits for a reader that is stuck; it gets whole lines once it reads, also of a process that ends', async () => {
  const child = start(`
    for (let at = 0; at < 20_000; at++) log.write(String(at).padEnd(99, '.') + '\\n');
    process.stderr.write('alive\\n');
  `);
  // Two megabytes: more than fits into the pipe and into what waits.
  child.stderr.setEncoding('utf8');
  let said = '';
  while (!said.includes('alive')) said += String((await once(child.stderr, 'data'))[0]);
  assert.match(said, /^losing: nobody reads them\nalive\n$/);
  const lines = (await textOf(child.stdout)).split('\n').slice(0, -1);
  assert.ok(lines.length >= 10_000 && lines.length < 20_000, `${lines.length} lines`);
  assert.deepEqual(
    lines,
    lines.map((_, at) => String(at).padEnd(99, '.')),
    'from the first on, none missing',
  );
});

for (const [why, stdout, code, message] of [
  ['the disk is full', '/dev/full', 1, /^quorate: the output is incomplete: ENOSPC/],
  ['all is well', '/dev/null', 0, /^$/],
] as const) {
  test(`a command whose output is a file, and ${why}: exit code ${code}`, {
    skip: existsSync(stdout) ? false : `this system has no ${stdout}`,
  }, async () => {
    const out = openSync(stdout, 'w');
    const main = new URL('../../../src/main.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [main, '--help'], { stdio: ['ignore', out, 'pipe'] });
    closeSync(out);
    assert.ok(child.stderr !== null);
    const said = textOf(child.stderr);
    const [ended] = await once(child, 'exit');
    assert.match(await said, message);
    assert.equal(ended, code);
  });
}
