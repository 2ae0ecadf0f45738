/**
 * What a running node does with the signals that service managers send it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { layOutCluster, mainPath } from '../../src/cli/demo/cluster.ts';

test('SIGHUP reads cluster file and keys anew and leaves all as it was where that fails; SIGTERM stops in order', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'quorate-hang-up-'));
  const cluster = await layOutCluster(dir, { operators: 4, validators: 1 });
  const argv = cluster.argumentsOf(1);
  const node = spawn(process.execPath, [mainPath, ...argv], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(node, 'exit');
  try {
    const lines = createInterface({ input: node.stdout })[Symbol.asyncIterator]();
    const until = async (wanted: RegExp): Promise<void> => {
      for (;;) {
        const { value, done } = await lines.next();
        assert.ok(done !== true, `its log ended without ${wanted}`);
        if (wanted.test(value)) return;
      }
    };
    await until(/serves validator clients/);
    node.kill('SIGHUP');
    await until(/"msg":"reloaded"/);

    const clusterFile = argv[argv.indexOf('--cluster-file') + 1] ?? '';
    const good = await readFile(clusterFile);
    await writeFile(clusterFile, 'operators: [');
    node.kill('SIGHUP');
    await until(/"event":"fault".*"where":"reload"/);
    await writeFile(clusterFile, good);
    node.kill('SIGHUP');
    await until(/"msg":"reloaded"/);

    node.kill('SIGTERM');
    await until(/"msg":"stopped"/);
    assert.deepEqual(await ended, [0, null]);
  } finally {
    node.kill('SIGKILL');
    await ended;
    await rm(dir, { recursive: true, force: true });
  }
});
