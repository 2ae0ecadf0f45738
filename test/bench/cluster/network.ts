/**
 * A network between operators, in user space: every operator dials the others through a proxy of its own, which delays each
 * direction by half a round trip, and counts.
 *
 * Loss is what it does to TCP: a segment that is lost arrives after a retransmission, and all that was sent after it waits. Each
 * segment of 1448 bytes is lost with the given probability and comes 200 ms and a round trip later, which is the retransmission
 * timeout of Linux; fast retransmits and tail probes, which are quicker, are left out. So are handshakes, congestion windows and
 * the loss of acknowledgements. No root is needed, and no kernel module.
 */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Broken } from '../harness.ts';
import type { BenchCluster } from './lay-out.ts';

export interface Path {
  readonly rttMs: number;
  /** 0 to 1, for each segment. */
  readonly loss: number;
}

export interface Traffic {
  readonly bytes: number;
  /** Frames of noise, each of which is a message or several that were sent together, or upkeep. */
  readonly frames: number;
}

export interface Between extends AsyncDisposable {
  /** The cluster, its operators dialling through here. */
  readonly cluster: BenchCluster;
  /** So far, of all directions. */
  traffic(): Traffic;
  /** Throws Broken where two operators are connected past the proxies. */
  checkAllPass(): Promise<void>;
}

const segmentBytes = 1448;
const retransmitMs = 200;

interface Counter {
  bytes: number;
  frames: number;
}

/** Length of a line with which two nodes agree on noise: one byte of it, text, a newline. Null for anything else. */
const lineLength = (bytes: Buffer): number | null => {
  const length = 1 + (bytes[0] as number);
  return bytes[0] !== 0 && bytes[1] === 0x2f && bytes.length >= length && bytes[length - 1] === 0x0a
    ? length
    : null;
};

/** Counts bytes, and frames by their two bytes of length. */
const createFrameCounter = (counter: Counter) => {
  let rest: Buffer = Buffer.alloc(0);
  let isAgreed = false;
  return (chunk: Buffer): void => {
    counter.bytes += chunk.length;
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 2) {
      const line = isAgreed ? null : lineLength(rest);
      isAgreed = line === null;
      const length = line ?? 2 + rest.readUInt16BE(0);
      if (rest.length < length) return;
      counter.frames += line === null ? 1 : 0;
      rest = rest.subarray(length);
    }
  };
};

/** When what is sent now arrives: never before what was sent earlier. */
const createDelay = ({ rttMs, loss }: Path) => {
  let lastMs = 0;
  return (bytes: number): number => {
    let delayMs = rttMs / 2;
    for (let at = 0; at < bytes; at += segmentBytes)
      if (Math.random() < loss) delayMs = rttMs / 2 + rttMs + retransmitMs;
    lastMs = Math.max(lastMs, performance.now() + delayMs);
    return lastMs;
  };
};

/** One direction. */
const carry = (from: Socket, to: Socket, path: Path, counter: Counter): void => {
  const count = createFrameCounter(counter);
  const delay = createDelay(path);
  const queue: { readonly atMs: number; readonly chunk: Buffer }[] = [];
  let isWaiting = false;
  const wait = (): void => {
    const first = queue[0];
    if (isWaiting || first === undefined) return;
    isWaiting = true;
    setTimeout(deliver, Math.max(0, first.atMs - performance.now()));
  };
  const deliver = (): void => {
    isWaiting = false;
    while (queue[0] !== undefined && queue[0].atMs <= performance.now() + 0.5) {
      const { chunk } = queue.shift() as (typeof queue)[0];
      if (!to.destroyed) to.write(chunk);
    }
    wait();
  };
  from.on('data', (chunk: Buffer) => {
    count(chunk);
    if (path.rttMs === 0) {
      to.write(chunk);
      return;
    }
    queue.push({ atMs: delay(chunk.length), chunk });
    wait();
  });
  from.on('close', () => to.destroy()).on('error', () => to.destroy());
};

interface Proxy {
  readonly server: Server;
  readonly port: number;
  /** The proxy's own ends of connections to operators. */
  readonly ends: ReadonlySet<number>;
}

const startProxy = async (
  target: number,
  path: Path,
  counter: Counter,
  sockets: Set<Socket>,
): Promise<Proxy> => {
  const ends = new Set<number>();
  const server = createServer({ noDelay: true }, (inner) => {
    const outer = createConnection({ host: '127.0.0.1', port: target, noDelay: true });
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    outer.on('connect', () => ends.add(outer.localPort ?? 0));
    carry(inner, outer, path, counter);
    carry(outer, inner, path, counter);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, ends };
};

interface ClusterText {
  readonly operators: { id: number; addresses: string[] }[];
}

const portIn = (address: string): number => Number(address.split('/')[4]);

/** Ports of this machine at which a connection stands, by /proc: those of the far end. */
const establishedTo = async (ports: ReadonlySet<number>): Promise<readonly number[]> => {
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, local = '', remote = '', state] = line.trim().split(/\s+/);
    const [from, to] = [local, remote].map((end) => Number.parseInt(end.split(':')[1] ?? '', 16));
    return state === '01' && to !== undefined && from !== undefined && ports.has(to) ? [from] : [];
  });
};

/** Puts proxies between the operators of a cluster that is not running yet. */
export const between = async (cluster: BenchCluster, path: Path): Promise<Between> => {
  const counter: Counter = { bytes: 0, frames: 0 };
  const sockets = new Set<Socket>();
  const text = await readFile(cluster.clusterFile, 'utf8');
  const targets = new Map(
    (parse(text) as ClusterText).operators.map(({ id, addresses }) => [id, portIn(addresses[0] ?? '')]),
  );
  const proxies: Proxy[] = [];
  const fileOf = (id: number): string => join(cluster.dir, `cluster-${id}.yaml`);
  for (const reader of cluster.operators) {
    let own = text;
    for (const [id, target] of targets) {
      if (id === reader) continue;
      const proxy = await startProxy(target, path, counter, sockets);
      proxies.push(proxy);
      own = own.replace(`/tcp/${target}`, `/tcp/${proxy.port}`);
    }
    await writeFile(fileOf(reader), own);
  }
  return {
    cluster: cluster.withClusterFiles(fileOf),
    traffic: () => ({ ...counter }),
    async checkAllPass() {
      const ours = new Set(proxies.flatMap(({ ends }) => [...ends]));
      const others = (await establishedTo(new Set(targets.values()))).filter((port) => !ours.has(port));
      if (others.length > 0) throw new Broken(`${others.length} connections pass by the delaying proxies`);
    },
    async [Symbol.asyncDispose]() {
      for (const { server } of proxies) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
