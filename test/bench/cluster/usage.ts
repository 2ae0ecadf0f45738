/**
 * What processes used so far, from /proc of Linux.
 */
import { readFile } from 'node:fs/promises';
import { quantile, sum } from '../figures.ts';

/** utime and stime, in ticks of 10 ms; ms. */
const cpuMsOf = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
};

const residentMbOf = async (pid: number): Promise<number> => {
  const line = (await readFile(`/proc/${pid}/status`, 'utf8'))
    .split('\n')
    .find((one) => one.startsWith('VmRSS'));
  return Number(line?.replace(/\D/g, '')) / 1024;
};

/** CPU time of all of them together, in ms. */
export const cpuMs = async (pids: readonly number[]): Promise<number> =>
  sum(await Promise.all(pids.map(cpuMsOf)));

/** Resident memory of each, in MB. */
export const residentMb = (pids: readonly number[]): Promise<readonly number[]> =>
  Promise.all(pids.map(residentMbOf));

/** For what is said while it runs. */
export const brief = (numbers: readonly number[], unit: string): string =>
  `${quantile(numbers, 0.5).toFixed(0)} ${unit} (${Math.max(...numbers).toFixed(0)} at most)`;
