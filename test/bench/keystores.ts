/**
 * How long a folder of many keystores takes to open, and how long the event loop stands still meanwhile.
 *
 *     node test/bench/keystores.ts [COUNT, default 10000] [ROUNDS of pbkdf2, default 2]
 *
 * Keystores of low cost: what is measured is everything but the key derivation, which takes as long as it is told to.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SecretKey } from '@chainsafe/blst';
import { createKeystore } from '../../src/signer/keystore/create-keystore.ts';
import { openKeystores } from '../../src/signer/keystore/keystores.ts';

const [count = 10_000, cost = 2] = process.argv.slice(2).map(Number);
const folder = await mkdtemp(join(tmpdir(), 'quorate-many-'));
const say = (text: string) => process.stdout.write(`${text}\n`);

const write = async (at: number): Promise<void> => {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, at + 1);
  const keystore = await createKeystore(SecretKey.fromKeygen(seed).toBytes(), 'password', { cost });
  await writeFile(join(folder, `share-${at}.json`), JSON.stringify(keystore));
};

const measured = async (what: string, work: () => Promise<unknown>): Promise<void> => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startedMs = performance.now();
  await work();
  const tookMs = Math.round(performance.now() - startedMs);
  delay.disable();
  const [p99, max] = [delay.percentile(99), delay.max].map((ns) => (ns / 1e6).toFixed(1));
  say(`${what}: ${tookMs} ms; event loop held up for ${p99} ms (p99), ${max} ms at most`);
};

try {
  await writeFile(join(folder, 'password'), 'password');
  for (let at = 0; at < count; at += 100)
    await Promise.all(Array.from({ length: Math.min(100, count - at) }, (_, more) => write(at + more)));
  const passwords = { type: 'file', file: join(folder, 'password') } as const;
  let opened: Awaited<ReturnType<typeof openKeystores>> | null = null;
  await measured(`open ${count} keystores with ${cost} rounds of pbkdf2`, async () => {
    opened = await openKeystores({ folder, passwords });
  });
  const result = opened as Awaited<ReturnType<typeof openKeystores>> | null;
  if (result?.type !== 'opened') throw new Error('the folder was refused');
  say(`${result.keys().length} keys, ${result.problems().length} problems`);
  await measured('look again, nothing changed', () => result.refresh());
  await write(count);
  await measured('look again, one file is new', () => result.refresh());
  await result.signer[Symbol.asyncDispose]();
} finally {
  await rm(folder, { recursive: true });
}
