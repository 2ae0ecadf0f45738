/**
 * Real nodes and observers without any key: one hears what is decided, one starts late and copies it, one copies it from
 * another observer once no operator is left; all of it verifies with the cluster file alone.
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
import { renderWeb3Signer } from '../../src/core/eth2/render.ts';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { slotAt, slotStartMs } from '../../src/core/eth2/slots.ts';
import type { Slot } from '../../src/core/ids.ts';
import { attestationOf, blockOf } from '../simulation/world/requests.ts';

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
    const end = Date.now() + 40_000;
    for (;;) {
      const value = await this.fact(check, name);
      if (isGood(value)) return;
      assert.ok(Date.now() < end, `${this.name}: ${check} ${name} is ${value}; logs in ${this.#cluster.dir}`);
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

const ask = async (cluster: DemoCluster, id: number, signable: Signable): Promise<string> => {
  const roots = rootsOf(cluster.network, signable);
  const url = `http://127.0.0.1:${cluster.httpPortOf(id)}/api/v1/eth2/sign/${cluster.validators[0]}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(renderWeb3Signer(cluster.network, signable, roots)),
  });
  return response.ok ? 'signed' : await response.text();
};

/** A block and a vote of the next slot, as the clients of all operators ask for them. */
const signSome = async (cluster: DemoCluster): Promise<readonly Signable[]> => {
  const { network } = cluster;
  const slot = (slotAt(network, Date.now()) + 1) as Slot;
  await sleep(slotStartMs(network, slot) - Date.now());
  const signables = [blockOf(slot, 0), attestationOf(network, slot, 0)];
  for (const signable of signables) {
    const answers = await Promise.all(cluster.operators.map((id) => ask(cluster, id, signable)));
    // On a busy machine one of them may not get its answer in time.
    assert.ok(answers.includes('signed'), answers.join('; '));
  }
  return signables;
};

test('observers without a key hear, copy, keep and serve what a cluster decides', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'quorate-observer-'));
  const cluster = await layOutCluster(dir, { operators: 4, validators: 1 });
  const portOf = await freePorts(6);
  const observers: Observer[] = [];
  let signed: readonly Signable[] = [];
  {
    await using listener = new Observer(cluster, 'listener', [portOf(1), portOf(2)]);
    observers.push(listener);
    {
      await using operators = await startOperators(cluster);
      await listener.connected(4);
      signed = await signSome(cluster);
      await listener.certificates(2);
      // Heard, not copied: the newest slots are not asked for yet.
      const log = await listener.log();
      assert.match(log, /"event":"decided"[^\n]*"kind":"block"/);
      assert.match(log, /"event":"decided"[^\n]*"kind":"attestation"/);

      await operators.kill(4);
      await listener.connected(3);
      await operators.restart(4);
      await listener.connected(4);

      await using late = new Observer(cluster, 'late', [portOf(3), portOf(4)]);
      observers.push(late);
      await late.connected(4);
      await late.certificates(2);
      assert.match(await late.log(), /"event":"copied"[^\n]*"outcome":"answered"/);
      assert.equal(await late.stop(), 0);
    }
    // No operator is left. What they decided is still to be had, from an observer.
    await listener.connected(0);
    const peers = ['--p2p-peers', `/ip4/127.0.0.1/tcp/${listener.p2pPort}`];
    await using second = new Observer(cluster, 'second', [portOf(5), portOf(6)], peers);
    observers.push(second);
    await second.certificates(2);
    assert.equal(await second.stop(), 0);
    assert.equal(await listener.stop(), 0);
  }
  for (const observer of observers) {
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
  }
  // An operator's folder is refused: its network key and its history are its own.
  const [file = '', path = '', network = '', description = ''] = observers[0]?.files() ?? [];
  const stolen = ['observe', file, path, network, description, '--data-dir', join(dir, 'data-1')];
  await assert.rejects(quorate(...stolen), /is the folder of an operator/);
  await rm(dir, { recursive: true, force: true });
});
