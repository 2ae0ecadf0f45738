/**
 * `quorate demo`: four operators on this machine, one validator, every type of request, with all and with three of them.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { optionsOf, type Settings } from '../app/settings/option.ts';
import { readSettings } from '../app/settings/read-settings.ts';
import { epochOf, slotAt, slotStartMs } from '../core/eth2/slots.ts';
import type { Slot } from '../core/ids.ts';
import { type Command, type Terminal, tellProblems } from './command.ts';
import { askAll, type Row } from './demo/ask.ts';
import { clientFlags } from './demo/client-flags.ts';
import { type DemoCluster, layOutCluster } from './demo/cluster.ts';
import { startDirks } from './demo/dirk/operators.ts';
import { startOperators } from './demo/processes.ts';
import { demoRequests } from './demo/requests.ts';
import { untilSignalled } from './terminal/until-signal.ts';

const options = optionsOf('Options');

const schema = {
  signer: options.choice(
    ['keystore', 'dirk'],
    'Who holds the shares: each operator itself, or a Dirk of its own (needs openssl, and Go to build Dirk once)',
    { default: 'keystore' },
  ),
  keep: options.flag('Leave the operators running until Ctrl-C, and print how clients are pointed at them', {
    default: false,
  }),
};

export const demoCommand: Command = {
  usage: '[--keep] [--signer dirk]',
  about:
    'Runs four operators as four processes with keystores or Dirks of their own, splits a fresh key among them, sends one\nrequest of every type to all four, verifies every signature, kills one operator and does it again. Exits with 0 only if all verified.',
  schema,
  async run(argv, terminal) {
    const read = readSettings(schema, { argv, environment: {} });
    if (read.type === 'problems') return tellProblems('demo', read.problems, terminal);
    const dir = await mkdtemp(join(tmpdir(), 'quorate-demo-'));
    using leaving = leaveOnSignal(dir);
    const good = await demonstrate(dir, read.settings, terminal, leaving);
    if (good) await rm(dir, { recursive: true, force: true });
    else terminal.err(`the operators' logs are in ${dir}\n`);
    return good ? 0 : 1;
  },
};

/** Whoever interrupts it wants nothing of it: its operators end with this process (children.ts), and its folder goes. */
const leaveOnSignal = (dir: string): Disposable => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const leave = (): void => {
    // Operators that have just been killed may still write.
    process.once('exit', () => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
    process.exit(1);
  };
  for (const signal of signals) process.once(signal, leave);
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, leave);
    },
  };
};

const demonstrate = async (
  dir: string,
  { keep, signer }: Settings<typeof schema>,
  terminal: Terminal,
  leaving: Disposable,
): Promise<boolean> => {
  const startedMs = Date.now();
  const say = (text: string): void =>
    terminal.out(`[${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s] ${text}\n`);
  say('making four operator keys, a validator key, and splitting it');
  const laidOut = await layOutCluster(dir, { operators: 4, validators: 1 });
  say(`validator ${laidOut.validators[0]}`);
  if (signer === 'dirk') say('starting four Dirks, the shares in their wallets');
  await using dirks = signer === 'dirk' ? await startDirks(laidOut, say) : null;
  const cluster = dirks?.cluster ?? laidOut;
  say('starting four operators');
  await using operators = await startOperators(cluster);
  say('all four are up and connected; every type to all four, as four validator clients would ask');
  const healthy = await ask(cluster, cluster.operators);
  terminal.out(tableOf(cluster.operators, healthy));
  if (!healthy.every(isGood)) return false;
  if (keep) {
    terminal.out(clientFlags(cluster));
    leaving[Symbol.dispose]();
    await untilSignalled(terminal);
    return true;
  }
  await operators.kill(4);
  say('operator 4 is killed; the same from the other three, in the next epoch');
  const alive = [1, 2, 3] as const;
  const degraded = await ask(cluster, alive);
  terminal.out(tableOf(alive, degraded));
  const good = degraded.every(isGood);
  say(
    good
      ? `done: ${count(healthy) + count(degraded)} signatures, all verified with @noble/curves`
      : 'some signatures are missing or wrong',
  );
  return good;
};

const isGood = (row: Row): boolean => row.failures.every((failure) => failure === null);
const count = (rows: readonly Row[]): number => rows.reduce((sum, row) => sum + row.failures.length, 0);

/** Begins with the next epoch: each epoch has one vote, and what was signed before stays signed. */
const ask = async (cluster: DemoCluster, operators: readonly number[]): Promise<readonly Row[]> => {
  const { network } = cluster;
  const [validator] = cluster.validators;
  if (validator === undefined) throw new RangeError('a cluster without validators');
  const now = slotAt(network, Date.now());
  const slot = ((epochOf(network, now) + 1) * network.slotsPerEpoch) as Slot;
  await sleep(Math.max(0, slotStartMs(network, slot) - Date.now()));
  const rows: Row[] = [];
  // Each in the slot that runs when it is asked: a slow machine needs several for all of them.
  for (let at = 0; ; at++) {
    const request = demoRequests(network, validator, slotAt(network, Date.now()))[at];
    if (request === undefined) return rows;
    rows.push(await askAll(cluster, operators, validator, request));
  }
};

const tableOf = (operators: readonly number[], rows: readonly Row[]): string => {
  const width = Math.max(...rows.map(({ type }) => type.length));
  const lines = rows.map(({ type, failures, tookMs }) => {
    const marks = failures.map((failure) => (failure === null ? 'ok' : 'FAILED').padEnd(11)).join('');
    return `  ${type.padEnd(width)}  ${marks}${tookMs.toFixed(0).padStart(5)} ms`;
  });
  const why = rows.flatMap(({ type, failures }) =>
    failures.flatMap((failure, at) =>
      failure === null ? [] : [`  ${type}, operator ${operators[at]}: ${failure}`],
    ),
  );
  const head = `  ${''.padEnd(width)}  ${operators.map((id) => `operator ${id}`.padEnd(11)).join('')}   time`;
  return `${[head, ...lines, ...why].join('\n')}\n`;
};
