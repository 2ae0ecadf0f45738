/**
 * What the figures were taken on.
 */
import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly system: string;
  readonly node: string;
  /** One minute's mean of runnable processes, before and after. */
  readonly loadAtStart: number;
  readonly loadAtEnd: number;
}

const round = (load: number): number => Math.round(load * 100) / 100;
export const loadNow = (): number => round(loadavg()[0] ?? Number.NaN);

export const describeMachine = (loadAtStart: number): Machine => ({
  cpu: cpus()[0]?.model.trim() || 'unknown',
  cores: availableParallelism(),
  memoryMb: Math.round(totalmem() / (1 << 20)),
  system: `${platform()} ${release()} ${arch()}`,
  node: process.version,
  loadAtStart,
  loadAtEnd: loadNow(),
});

/** With a + where files differ from it; 'unknown' outside of a checkout. */
export const commitNow = (): string => {
  const git = (...argv: readonly string[]): string =>
    execFileSync('git', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--', 'src', 'package-lock.json') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? '+' : ''}`;
  } catch {
    // No git, or no checkout: a source archive measures as well.
    return 'unknown';
  }
};
