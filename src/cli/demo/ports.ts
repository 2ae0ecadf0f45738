/**
 * Ports of this machine that nobody listens on just now.
 */
import { createServer } from 'node:net';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });

/** One for each operator, who count from 1. */
export const freePorts = async (count: number): Promise<(operator: number) => number> => {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  return (operator) => {
    const port = ports[operator - 1];
    if (port === undefined) throw new RangeError(`there is no operator ${operator}`);
    return port;
  };
};
