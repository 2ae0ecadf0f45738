/**
 * Processes that the demonstration starts, and that must not outlive it.
 */
import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Kills it when this process exits, for whatever reason but a SIGKILL of its own. Of what they keep nothing matters then. */
export const endWithUs = (child: ChildProcess): ChildProcess => {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
};
