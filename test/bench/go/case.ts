/**
 * The BLS library of SSV's and Charon's operators (github.com/herumi/bls-eth-go-binary), in Go on the same machine: what to hold the
 * floors and the recovery of this project against. Needs Go and a C compiler; the module is pinned in go.sum.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Series } from '../figures.ts';
import { type BenchCase, Broken, type CaseRun } from '../harness.ts';

const names = {
  sign: 'sign',
  verify: 'verify',
  recover: '3 partial signatures to a signature, 96 bytes each',
} as const;

type Samples = Readonly<Record<keyof typeof names, readonly number[]>>;

const measure = async (rounds: number): Promise<Samples> => {
  try {
    const { stdout } = await promisify(execFile)('go', ['run', '.', String(rounds)], {
      cwd: import.meta.dirname,
    });
    return JSON.parse(stdout) as Samples;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Broken(`needs Go, a C compiler and the Go module in test/bench/go: ${why}`, { cause: error });
  }
};

export const goCase: BenchCase = {
  type: 'nodes',
  name: 'go',
  about: 'the BLS library of the Go implementations on this machine; needs Go and a C compiler',
  isLong: true,
  async run({ short, runs }, say): Promise<CaseRun> {
    say('building and running the Go program');
    const samples = await measure(short ? 1 : (runs ?? 60));
    const series = (name: keyof typeof names): Series => ({
      name: 'go',
      figure: names[name],
      parameters: {},
      unit: 'us',
      samples: samples[name],
      floor: name === 'sign' ? 'blst.sign' : 'blst.verify',
      target: null,
    });
    return { answers: [], series: [series('sign'), series('verify'), series('recover')] };
  },
};
