/**
 * Four real nodes: one loses its databases, then gets old ones back; both times it learns from the others what was signed, refuses
 * what conflicts with it, and every stored decision verifies offline.
 */
import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { CommandFailed } from '../../src/cli/command.ts';
import { type DemoCluster, layOutCluster, quorate } from '../../src/cli/demo/cluster.ts';
import { type Operators, startOperators } from '../../src/cli/demo/processes.ts';
import type { Network } from '../../src/core/eth2/network.ts';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { epochOf, startSlotOf } from '../../src/core/eth2/slots.ts';
import type { Epoch, Slot } from '../../src/core/ids.ts';
import { attestationOf, blockOf } from '../simulation/world/requests.ts';
import { answerOf, currentSlot, signSomeBlock, signTogether, untilSlot } from './client.ts';

/** A vote from one epoch to that of `slot`, which a client could ask for in that slot. */
const voteFrom = (network: Network, slot: Slot, source: number): Signable => {
  const vote = attestationOf(network, slot, 9);
  assert.ok(vote.type === 'attestation');
  return { ...vote, vote: { ...vote.vote, source: { epoch: source as Epoch, root: vote.vote.source.root } } };
};

/** Slots at the beginning of an epoch in which a loss may begin, so that the node is back before the epoch is over. */
const roomySlots = 4;
/** Slots after its own in which a vote is surely still asked for in time: it is kept for three. */
const lateSlots = 2;

/** Node 4, whose databases are moved aside and put back, and what the cluster has signed meanwhile. */
class Loser {
  readonly #cluster: DemoCluster;
  readonly #operators: Operators;
  readonly #data: string;
  readonly #copy: string;
  /** The newest epoch with a vote of the cluster. */
  #voted = 0;
  /** The slot in which node 4 was ended, and its files were moved aside. */
  #copiedAt = 0;
  readonly signed: Signable[] = [];

  constructor(cluster: DemoCluster, operators: Operators) {
    [this.#cluster, this.#operators] = [cluster, operators];
    [this.#data, this.#copy] = [join(cluster.dir, 'data-4'), join(cluster.dir, 'copy-4')];
  }

  readonly moveAside = async (): Promise<void> => {
    this.#copiedAt = currentSlot(this.#cluster.network);
    await copyDatabases(this.#data, this.#copy);
    await removeDatabases(this.#data);
  };

  /** Resolves once the copy is more than an epoch old. */
  readonly putBack = async (): Promise<void> => {
    await copyDatabases(this.#copy, this.#data);
    await untilSlot(this.#cluster.network, this.#copiedAt + this.#cluster.network.slotsPerEpoch + 1);
  };

  /**
   * Signs, loses, comes back, refuses and signs. False where the machine was so slow that the epoch of the vote was over before node 4 was
   * back, so that nobody could ask for a second one: then that was not seen.
   */
  async losesAndLearns(lose: () => Promise<void>): Promise<boolean> {
    const { network, operators } = this.#cluster;
    const epoch = await this.#voteWithRoom();
    await this.#operators.kill(4);
    await lose();
    this.signed.push(await signSomeBlock(this.#cluster, [1, 2, 3], (slot) => blockOf(slot, 0)));
    const before = await this.#floorsTold();
    // Comes up only once it has caught up.
    await this.#operators.restart(4);
    assert.equal(await this.#floorsTold(), before + 1, `logs in ${this.#cluster.dir}`);
    // Another vote of that epoch, by a client that is a little late.
    const end = startSlotOf(network, (epoch + 1) as Epoch);
    const last = Math.min(currentSlot(network), end - 1) as Slot;
    const isInTime = currentSlot(network) <= last + lateSlots;
    if (isInTime) assert.match(await this.#ask(attestationOf(network, last, 9)), /^412 .*\(double-vote\)/);
    // One above the floor, that surrounds it.
    await untilSlot(network, end);
    const above = currentSlot(network);
    assert.match(await this.#ask(voteFrom(network, above, epoch - 2)), /^412 .*\(surrounds\)/);
    // What does not conflict it signs: with another one stopped there is no quorum without it.
    this.#operators.signal(3, 'SIGSTOP');
    await this.#vote(
      above,
      operators.filter((id) => id !== 3),
    );
    this.#operators.signal(3, 'SIGCONT');
    return isInTime;
  }

  /** An epoch that has just begun, with a vote. */
  async #voteWithRoom(): Promise<Epoch> {
    const { network, operators } = this.#cluster;
    const now = currentSlot(network);
    const next = startSlotOf(network, (epochOf(network, now) + 1) as Epoch);
    if (now >= next - network.slotsPerEpoch + roomySlots) await untilSlot(network, next);
    const slot = currentSlot(network);
    if (epochOf(network, slot) > this.#voted) await this.#vote(slot, operators);
    return epochOf(network, slot);
  }

  async #vote(slot: Slot, ids: readonly number[]): Promise<void> {
    const { network } = this.#cluster;
    const vote = attestationOf(network, slot, 0);
    await signTogether(this.#cluster, ids, vote);
    this.signed.push(vote);
    this.#voted = epochOf(network, slot);
  }

  #ask(signable: Signable): Promise<string> {
    return answerOf(this.#cluster, 4, signable);
  }

  async #floorsTold(): Promise<number> {
    const log = await readFile(join(this.#cluster.dir, 'operator-4.log'), 'utf8');
    return log.match(/nothing up to epoch \d+ is signed/g)?.length ?? 0;
  }
}

const databasesIn = async (dir: string): Promise<readonly string[]> =>
  (await readdir(dir)).filter((name) => name.includes('sqlite'));

const removeDatabases = async (dir: string): Promise<void> => {
  for (const name of await databasesIn(dir)) await rm(join(dir, name));
};

/** In place of what is there. */
const copyDatabases = async (from: string, to: string): Promise<void> => {
  await mkdir(to, { recursive: true });
  await removeDatabases(to);
  for (const name of await databasesIn(from)) await copyFile(join(from, name), join(to, name));
};

test('a node whose databases are gone, or old, learns what was signed and refuses what conflicts; all that is stored verifies offline', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'quorate-history-'));
  // Long epochs of short slots: catching up takes slots, and has to end in the epoch in which it began. One begins about when the
  // nodes are up.
  const GENESIS_TIME = Math.floor(Date.now() / 1000) + 10 - 16 * 100;
  const network = { PRESET_BASE: 'gnosis', SECONDS_PER_SLOT: 1, GENESIS_TIME };
  const cluster = await layOutCluster(dir, { operators: 4, validators: 1, network });
  const [validator] = cluster.validators;
  let signed: readonly string[] = [];
  {
    await using operators = await startOperators(cluster);
    const loser = new Loser(cluster, operators);
    for (const lose of [loser.moveAside, loser.putBack]) {
      let left = 3;
      while (!(await loser.losesAndLearns(lose))) {
        assert.ok(left-- > 0, 'the machine is too slow for any vote to be asked for in time');
        t.diagnostic('node 4 was back too late for a second vote of the epoch; once more');
      }
    }
    signed = loser.signed.map((signable) => rootsOf(cluster.network, signable).signingRoot);
  }
  const files = [
    '--cluster-file',
    join(dir, 'shares', 'cluster.yaml'),
    '--network-file',
    join(dir, 'network.yaml'),
  ];
  const looksThrough = async (id: number): Promise<void> => {
    const source = [...files, '--data-dir', join(dir, `data-${id}`)];
    assert.match(await quorate('history', 'verify', ...source), /^([1-9]\d*) of \1 certificates verify/);
    assert.match(await quorate('history', 'list', ...source), /attestation .* [1-9]\d* {2}slots/);
    const exported = await quorate('history', 'export', ...source);
    for (const root of signed) assert.ok(exported.includes(root), `not exported: ${root}`);
    const csv = await quorate('history', 'export', '--format', 'csv', ...source);
    assert.match(csv, new RegExp(`attestation,0x[0-9a-f]{64},${validator},1,`));
  };
  await Promise.all([1, 4].map(looksThrough));
  // One changed number in one certificate is found, told, and not exported.
  const path = join(dir, 'data-1', 'decided.sqlite');
  const sql = new DatabaseSync(path);
  sql.exec('UPDATE certificates SET round = round + 1 WHERE id = (SELECT min(id) FROM certificates)');
  sql.close();
  const tampered = ['history', 'verify', ...files, '--history-file', path];
  await assert.rejects(quorate(...tampered), CommandFailed);
  await assert.rejects(quorate('history', 'export', ...files, '--history-file', path), /does not verify/);
  await rm(dir, { recursive: true, force: true });
});
