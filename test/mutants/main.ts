/**
 * `npm run mutants [-- room ...] [--only N]`: takes one guard at a time out of a copy of the source and runs the checks on it.
 *
 * A mutant that no check notices survives, and makes this exit non-zero. A guard that is redundant on purpose is not in the
 * list; a comment at the guard says why. Each room has its list; add one to `rooms`.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { readOptions, wholeNumber } from '../script-options.ts';
import { type Mutant, type MutantRoom, mutated } from './room.ts';
import { rooms } from './rooms.ts';

const root = resolve(import.meta.dirname, '../..');
/** A mutant that makes a check hang is noticed too. ms */
const commandMsMax = 180_000;

const copyOf = (room: MutantRoom): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
  for (const path of [...room.copies, 'package.json']) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
};

const passes = (folder: string, command: readonly string[]): Promise<boolean> =>
  new Promise((done, reject) => {
    const child = spawn(process.execPath, command, { cwd: folder, stdio: 'ignore', timeout: commandMsMax });
    child.once('error', reject);
    child.once('exit', (code) => done(code === 0));
  });

/** The first command that fails, or null where all pass. */
const killerOf = async (room: MutantRoom, mutant: Mutant | null): Promise<string | null> => {
  const folder = copyOf(room);
  try {
    if (mutant !== null) writeFileSync(join(folder, mutant.file), mutated(folder, mutant));
    for (const command of room.commands) {
      if (!(await passes(folder, command)))
        return command.find((word) => word.includes('/')) ?? command.join(' ');
    }
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const runRoom = async (room: MutantRoom): Promise<number> => {
  for (const mutant of room.mutants) mutated(root, mutant);
  // Without this, a broken check would "kill" everything.
  const broken = await killerOf(room, null);
  if (broken !== null) throw new Error(`${room.name}: ${broken} fails without any mutant`);

  const waiting = [...room.mutants.entries()];
  const survivors: number[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, mutant] = next;
      const killer = await killerOf(room, mutant);
      if (killer === null) survivors.push(at);
      const shown = `${mutant.file}: ${mutant.find.trim()}${mutant.replace === '' ? '' : ` -> ${mutant.replace.trim()}`}`;
      console.log(
        `${killer === null ? 'SURVIVED' : 'killed'} #${at} ${shown.replaceAll(/\s+/g, ' ')}${killer === null ? '' : ` (${killer})`}`,
      );
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  console.log(
    `${room.name}: mutants killed ${room.mutants.length - survivors.length}/${room.mutants.length}`,
  );
  return survivors.length;
};

const usage = `npm run mutants -- [room ...] [options]

Rooms: ${rooms.map(({ name }) => name).join(', ')}; without any, all of them.

  --only N      of each room the mutant with this number, as printed behind #
  --command N   of each room only its check with this number, from 0
  --help
`;

const { chosen, only, command } = readOptions(
  usage,
  { allowPositionals: true, options: { only: { type: 'string' }, command: { type: 'string' } } },
  ({ values, positionals }) => {
    const unknown = positionals.find((name) => !rooms.some((room) => room.name === name));
    if (unknown !== undefined) throw new RangeError(`there is no room ${unknown}`);
    return {
      chosen: positionals.length === 0 ? rooms : rooms.filter(({ name }) => positionals.includes(name)),
      only: values.only === undefined ? null : wholeNumber(values.only, '--only', 0),
      command: values.command === undefined ? null : wholeNumber(values.command, '--command', 0),
    };
  },
);
const narrowed = chosen.map((room) => ({
  ...room,
  mutants: room.mutants.filter((_, at) => only === null || at === only),
  commands: room.commands.filter((_, at) => command === null || at === command),
}));
const total = narrowed.reduce((sum, { mutants }) => sum + mutants.length, 0);
let survived = 0;
for (const room of narrowed) survived += await runRoom(room);
console.log(`mutants killed ${total - survived}/${total}`);
if (survived > 0 || total === 0) process.exitCode = 1;
