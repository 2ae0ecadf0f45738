/**
 * Ports for nodes that outgoing connections never take: below the range from which Linux gives those theirs. A port that the
 * system hands out as free may be some client's by the time that a node listens, and a benchmark opens thousands.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { Broken } from '../harness.ts';

const [lowest, highest] = [12_000, 32_000];
const triesMax = 1000;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** Distinct ports at which nobody listens just now. */
export const lowPorts = async (count: number): Promise<readonly number[]> => {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries > triesMax) throw new Broken(`no ${count} free ports from ${lowest} to ${highest}`);
    const port = randomInt(lowest, highest);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
};
