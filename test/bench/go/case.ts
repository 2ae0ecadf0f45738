/**
 * Signatures with the libraries of SSV's and Charon's operators, in Go on the same machine: what to hold the floors, the recovery and
 * the operators' signatures of this project against. Validators' are github.com/herumi/bls-eth-go-binary, pinned in go.sum; SSV's
 * operators sign messages with RSA, here by Go's own library. Needs Go and a C compiler.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Series } from '../figures.ts';
import type { FloorName } from '../floors.ts';
import { type BenchCase, Broken, type CaseRun } from '../harness.ts';

/** By the program's names. */
const measured: Readonly<Record<string, readonly [figure: string, floor: FloorName]>> = {
  sign: ['BLS sign', 'blst.sign'],
  verify: ['BLS verify', 'blst.verify'],
  'recover-3': ['3 of 4, 96 bytes each, to a signature', 'blst.verify'],
  'recover-5': ['5 of 7', 'blst.verify'],
  'recover-7': ['7 of 10', 'blst.verify'],
  'recover-9': ['9 of 13', 'blst.verify'],
  'rsa-sign': ['RSA-2048 sign a message', 'blst.sign'],
  'rsa-verify': ['RSA-2048 verify a message', 'blst.verify'],
};

type Samples = Readonly<Record<string, readonly number[]>>;

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
  about: 'the libraries of the Go implementations on this machine; needs Go and a C compiler',
  isLong: true,
  async run({ short, runs }, say): Promise<CaseRun> {
    say('building and running the Go program');
    const taken = await measure(short ? 1 : (runs ?? 60));
    const series = Object.entries(measured).map(([name, [figure, floor]]): Series => {
      const samples = taken[name];
      if (samples === undefined) throw new Broken(`the Go program did not measure ${name}`);
      return { name: 'go', figure, parameters: {}, unit: 'us', samples, floor, target: null };
    });
    return { answers: [], series };
  },
};
