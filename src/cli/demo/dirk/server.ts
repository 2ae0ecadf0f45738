/**
 * One Dirk as a process: its configuration, its start, its end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { CommandFailed } from '../../command.ts';
import { endWithUs } from '../children.ts';
import type { Certificate } from './certificates.ts';

export interface DirkOptions {
  readonly program: string;
  /** Its own folder: configuration, log, slashing protection; `wallets` in it is its store. */
  readonly dir: string;
  readonly name: string;
  readonly port: number;
  readonly caFile: string;
  readonly certificate: Certificate;
  readonly passphrase: string;
  /** Client name, then wallet or wallet/account, then operations. Names in lower case: Dirk lowers them when it reads. */
  readonly permissions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface Dirk extends AsyncDisposable {
  readonly endpoint: string;
  start(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** As a power cut would. */
  kill(): Promise<void>;
}

const startMs = 20_000;

export const storeOf = (dir: string): string => join(dir, 'wallets');

const isListening = async (port: number): Promise<boolean> => {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    // Not yet.
    return false;
  } finally {
    socket.destroy();
  }
};

/** Voluntary exits are signed for this machine only (`admin-ips`). */
const configOf = ({ dir, name, port, caFile, certificate, permissions }: DirkOptions): object => ({
  'log-level': 'debug',
  server: {
    id: port,
    name,
    'listen-address': `127.0.0.1:${port}`,
    rules: { 'admin-ips': ['127.0.0.1'] },
  },
  certificates: {
    'server-cert': `file://${certificate.certFile}`,
    'server-key': `file://${certificate.keyFile}`,
    'ca-cert': `file://${caFile}`,
  },
  'storage-path': join(dir, 'protection'),
  stores: [{ name: 'Local', type: 'filesystem', location: storeOf(dir) }],
  peers: { [port]: `${name}:${port}` },
  unlocker: { 'account-passphrases': [`file://${join(dir, 'passphrase.txt')}`] },
  process: { 'generation-passphrase': `file://${join(dir, 'passphrase.txt')}` },
  permissions,
});

/** Lays out its folder; `start` starts it. The wallets are there before it starts, as it reads them only then. */
export const createDirk = async (options: DirkOptions): Promise<Dirk> => {
  const { program, dir, port, passphrase } = options;
  await mkdir(storeOf(dir), { recursive: true, mode: 0o700 });
  await writeFile(join(dir, 'dirk.yml'), stringify(configOf(options)), { mode: 0o600 });
  await writeFile(join(dir, 'passphrase.txt'), passphrase, { mode: 0o600 });
  const logPath = join(dir, 'dirk.log');
  let child: ChildProcess | null = null;
  const kill = async (): Promise<void> => {
    const last = child;
    child = null;
    if (last === null || last.exitCode !== null || last.signalCode !== null) return;
    const exit = once(last, 'exit');
    last.kill('SIGKILL');
    await exit;
  };
  return {
    endpoint: `127.0.0.1:${port}`,
    async start() {
      const log = openSync(logPath, 'a', 0o600);
      const started = endWithUs(
        spawn(program, ['--base-dir', dir], { cwd: dir, stdio: ['ignore', log, log] }),
      );
      closeSync(log);
      child = started;
      started.on('error', () => undefined);
      const deadline = Date.now() + startMs;
      while (!(await isListening(port))) {
        if (started.exitCode !== null || started.pid === undefined || Date.now() > deadline) {
          await kill();
          throw new CommandFailed(`${program} did not come up; its log is ${logPath}`);
        }
        await sleep(50);
      }
    },
    signal: (signal) => void child?.kill(signal),
    kill,
    [Symbol.asyncDispose]: kill,
  };
};
