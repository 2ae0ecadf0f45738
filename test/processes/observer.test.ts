/**
 * Real nodes and observers without any key: one hears what is decided, one starts late and copies it, one copies it from
 * the others once no operator is left; all of it verifies with the cluster file alone.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DemoCluster, layOutCluster, mainPath, quorate } from '../../src/cli/demo/cluster.ts';
import { freePorts } from '../../src/cli/demo/ports.ts';
import { startOperators } from '../../src/cli/demo/processes.ts';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { attestationOf, blockOf } from '../simulation/world/requests.ts';
import { currentSlot, signSomeBlock, signTogether, untilSlot } from './client.ts';

/** A busy machine gets there in this time. ms */
const patienceMs = 90_000;
/** Slots after which a decision is asked for by those that did not hear it. */
const settlingSlots = 6;

interface Health {
  readonly outcome: string;
  readonly checks: readonly { readonly id: string; readonly data: Readonly<Record<string, number>> }[];
}

/** An observer as a process; `p2pPort` and `metricsPort` are free ones. */
class Observer implements AsyncDisposable {
  readonly name: string;
  readonly p2pPort: number;
  readonly #metricsPort: number;
  readonly #cluster: DemoCluster;
  readonly #child: ChildProcess;

  constructor(
    cluster: DemoCluster,
    name: string,
    ports: readonly [number, number],
    more: readonly string[] = [],
  ) {
    [this.#cluster, this.name, this.p2pPort, this.#metricsPort] = [cluster, name, ...ports];
    const log = openSync(join(cluster.dir, `${name}.log`), 'a', 0o600);
    const argv = [
      'observe',
      ...this.files(),
      ...['--p2p-listen', `/ip4/127.0.0.1/tcp/${this.p2pPort}`],
      ...['--metrics-port', String(this.#metricsPort)],
      ...more,
    ];
    this.#child = spawn(process.execPath, [mainPath, ...argv], { stdio: ['ignore', log, log] });
    closeSync(log);
  }

  /** The arguments by which `quorate history` reads what it keeps. */
  files(): readonly string[] {
    const { dir } = this.#cluster;
    return [
      ...['--cluster-file', join(dir, 'shares', 'cluster.yaml')],
      ...['--network-file', join(dir, 'network.yaml')],
      ...['--data-dir', join(dir, this.name)],
    ];
  }

  log = (): Promise<string> => readFile(join(this.#cluster.dir, `${this.name}.log`), 'utf8');

  async fact(check: string, name: string): Promise<number> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#metricsPort}/healthcheck`);
      const health = (await response.json()) as Health;
      return Number(health.checks.find(({ id }) => id.startsWith(check))?.data[name] ?? -1);
    } catch {
      // Not listening yet, or no more.
      return -1;
    }
  }

  async until(check: string, name: string, isGood: (value: number) => boolean): Promise<void> {
    let value = -1;
    await this.#eventually(
      async () => {
        value = await this.fact(check, name);
        return isGood(value);
      },
      () => `${check} ${name} is ${value}`,
    );
  }

  logged(pattern: RegExp): Promise<void> {
    return this.#eventually(
      async () => pattern.test(await this.log()),
      () => `no ${pattern} is logged`,
    );
  }

  async #eventually(isSo: () => Promise<boolean>, otherwise: () => string): Promise<void> {
    const end = Date.now() + patienceMs;
    while (!(await isSo())) {
      assert.ok(Date.now() < end, `${this.name}: ${otherwise()}; logs in ${this.#cluster.dir}`);
      assert.equal(this.#child.exitCode, null, `${this.name} ended: ${await this.log()}`);
      await sleep(100);
    }
  }

  readonly certificates = (atLeast: number) =>
    this.until('decided-history-check', 'certificates', (count) => count >= atLeast);
  readonly connected = (count: number) =>
    this.until('sources-check', 'connected', (value) => value === count);

  /** Its exit code. */
  async stop(): Promise<number | null> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    this.#child.kill('SIGTERM');
    await ended;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A block and a vote, as the clients of all operators ask for them. */
const signSome = async (cluster: DemoCluster): Promise<readonly Signable[]> => {
  const { network, operators } = cluster;
  const block = await signSomeBlock(cluster, operators, (slot) => blockOf(slot, 0));
  const vote = attestationOf(network, currentSlot(network), 0);
  await signTogether(cluster, operators, vote);
  return [block, vote];
};

test('observers without a key hear, copy, keep and serve what a cluster decides', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'quorate-observer-'));
  // Observers copy by slots, so short ones.
  const cluster = await layOutCluster(dir, { operators: 4, validators: 1, network: { SECONDS_PER_SLOT: 1 } });
  const portOf = await freePorts(6);
  const observers: Observer[] = [];
  let signed: readonly Signable[] = [];
  {
    await using running = new AsyncDisposableStack();
    const observe = (name: string, ports: readonly [number, number], more?: readonly string[]): Observer => {
      const observer = running.use(new Observer(cluster, name, ports, more));
      observers.push(observer);
      return observer;
    };
    const listener = observe('listener', [portOf(1), portOf(2)]);
    {
      await using operators = await startOperators(cluster);
      await listener.connected(4);
      signed = await signSome(cluster);
      const signedAt = currentSlot(cluster.network);
      await listener.certificates(2);
      // Heard: what is copied is logged in other words.
      await listener.logged(/"event":"decided"[^\n]*"kind":"block"/);
      await listener.logged(/"event":"decided"[^\n]*"kind":"attestation"/);

      await operators.kill(4);
      await listener.connected(3);
      await operators.restart(4);
      await listener.connected(4);

      await untilSlot(cluster.network, signedAt + settlingSlots);
      const late = observe('late', [portOf(3), portOf(4)]);
      await late.connected(4);
      await late.certificates(2);
      await late.logged(/"event":"copied"[^\n]*"outcome":"answered"/);
    }
    // No operator is left. What they decided is still to be had, from observers.
    await listener.connected(0);
    const sources = observers.map(({ p2pPort }) => `/ip4/127.0.0.1/tcp/${p2pPort}`);
    const second = observe('second', [portOf(5), portOf(6)], ['--p2p-peers', sources.join(',')]);
    await second.certificates(2);
    for (const observer of observers) assert.equal(await observer.stop(), 0);
  }
  const looksThrough = async (observer: Observer): Promise<void> => {
    const verified = await quorate('history', 'verify', ...observer.files());
    assert.match(verified, /^([2-9]|\d\d+) of \1 certificates verify, with [1-9]/, observer.name);
    const exported = await quorate('history', 'export', ...observer.files());
    for (const signable of signed) {
      const { signingRoot } = rootsOf(cluster.network, signable);
      assert.ok(exported.includes(signingRoot), `${observer.name} does not know ${signingRoot}`);
    }
    const csv = await quorate('history', 'export', '--format', 'csv', ...observer.files());
    assert.match(csv, /attestation.*,whole$/m, observer.name);
    const names = await readdir(join(dir, observer.name));
    assert.ok(!names.includes('quorate.sqlite'), 'an observer has no slashing protection');
    assert.equal((await stat(join(dir, observer.name, 'network.key'))).mode & 0o777, 0o600);
  };
  await Promise.all(observers.map(looksThrough));
  // An operator's folder is refused: its network key and its history are its own.
  const [file = '', path = '', network = '', description = ''] = observers[0]?.files() ?? [];
  const stolen = ['observe', file, path, network, description, '--data-dir', join(dir, 'data-1')];
  await assert.rejects(quorate(...stolen), /is the folder of an operator/);
  await rm(dir, { recursive: true, force: true });
});
