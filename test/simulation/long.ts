/**
 * `npm run sim:long [-- --minutes 60]`: schedules of the core and worlds of the workflow by turns, from fresh seeds, until the
 * time is over. Ends at once, with the exit code 1, where either finds a violation; its output names the seed.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readOptions, wholeNumber } from '../script-options.ts';

const usage = `npm run sim:long -- [options]

  --minutes N   a turn that has begun is finished                          (default 60)
  --help
`;

const minutes = readOptions(
  usage,
  { options: { minutes: { type: 'string', default: '60' } } },
  ({ values }) => wholeNumber(values.minutes, '--minutes', 1),
);
const untilMs = Date.now() + minutes * 60_000;

const turns: readonly (readonly string[])[] = [
  [new URL('./main.ts', import.meta.url).pathname, '--schedules', '200000'],
  [new URL('./world/main.ts', import.meta.url).pathname, '--worlds', '1000'],
];

for (let turn = 0; Date.now() < untilMs; turn++) {
  const command = [...(turns[turn % turns.length] ?? []), '--seed', String(randomInt(1, 2 ** 31))];
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
