/**
 * A folder of many keystores: how long it takes to open and to look at again, and how long the event loop stands still meanwhile.
 *
 * Keystores of next to no cost: what is measured is everything but the key derivation, which takes as long as it is told to.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SecretKey } from '@chainsafe/blst';
import { createKeystore } from '../../../src/signer/keystore/create-keystore.ts';
import { openKeystores } from '../../../src/signer/keystore/keystores.ts';
import type { Series, Unit } from '../figures.ts';
import { type BenchCase, Broken, type CaseRun } from '../harness.ts';

const rounds = 2;
const writtenAtOnce = 100;

const write = async (folder: string, at: number): Promise<void> => {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, at + 1);
  const keystore = await createKeystore(SecretKey.fromKeygen(seed).toBytes(), 'password', { cost: rounds });
  await writeFile(join(folder, `share-${at}.json`), JSON.stringify(keystore));
};

interface Measured<T> {
  readonly result: T;
  readonly tookMs: number;
  /** The longest time that the event loop stood still. */
  readonly heldMs: number;
}

const measured = async <T>(work: () => Promise<T>): Promise<Measured<T>> => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startedMs = performance.now();
  const result = await work();
  const tookMs = performance.now() - startedMs;
  delay.disable();
  return { result, tookMs, heldMs: delay.max / 1e6 };
};

const openAll = async (folder: string, count: number) => {
  const passwords = { type: 'file', file: join(folder, 'password') } as const;
  const opened = await measured(() => openKeystores({ folder, passwords }));
  const { result } = opened;
  if (result.type !== 'opened') throw new Broken('the folder of keystores was refused');
  if (result.keys().length !== count)
    throw new Broken(`${result.keys().length} keys of ${count} were opened`);
  const again = await measured(() => result.refresh());
  await result.signer[Symbol.asyncDispose]();
  return { opened, again };
};

export const keystoresCase: BenchCase = {
  type: 'nodes',
  name: 'keystores',
  about: 'opening a folder of 10,000 keystores of little cost',
  isLong: false,
  async run({ short, runs }, say): Promise<CaseRun> {
    const count = short ? 20 : 10_000;
    const folder = await mkdtemp(join(tmpdir(), 'quorate-keystores-'));
    try {
      say(`making ${count} keystores`);
      await writeFile(join(folder, 'password'), 'password');
      for (let at = 0; at < count; at += writtenAtOnce) {
        const some = Array.from({ length: Math.min(writtenAtOnce, count - at) }, (_, more) => at + more);
        await Promise.all(some.map((one) => write(folder, one)));
      }
      const samples: Awaited<ReturnType<typeof openAll>>[] = [];
      for (let at = 0; at < (short ? 1 : (runs ?? 3)); at++) samples.push(await openAll(folder, count));
      const series = (figure: string, unit: Unit, pick: (one: (typeof samples)[0]) => number): Series => ({
        name: 'keystores',
        figure,
        parameters: { keystores: count },
        unit,
        samples: samples.map(pick),
        floor: null,
        target: null,
      });
      return {
        answers: [],
        series: [
          series('opened', 's', ({ opened }) => opened.tookMs / 1000),
          series('event loop held while opening, longest', 'ms', ({ opened }) => opened.heldMs),
          series('looked at again, nothing changed', 'ms', ({ again }) => again.tookMs),
        ],
      };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
