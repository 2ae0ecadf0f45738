/**
 * `node test/simulation/world/main.ts --worlds N --seed S [--nodes n] [--trace]`: worlds from consecutive seeds. A failure
 * prints its seed; the same seed replays it, with --trace event by event.
 */
import { parseArgs } from 'node:util';
import { runWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '100' },
    seed: { type: 'string' },
    nodes: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});
const base = values.seed === undefined ? Date.now() % 1_000_000_007 : Number(values.seed);
const count = Number(values.worlds);
/** Mostly small committees, as they run fastest. */
const sizes = [4, 4, 4, 7, 4, 10, 4, 7, 4, 13];

console.log(`worlds: ${count} from base seed ${base}`);
let failed = 0;
let signed = 0;
let decided = 0;
for (let at = 0; at < count; at++) {
  const seed = base + at;
  const n = values.nodes === undefined ? (sizes[seed % sizes.length] ?? 4) : Number(values.nodes);
  const trace = values.trace ? (line: string) => console.log(line) : undefined;
  const result = await runWorld({ n, seed, ...(trace === undefined ? {} : { trace }) });
  signed += result.signed;
  decided += result.decided;
  if (result.broken.length === 0) continue;
  failed += 1;
  console.log(
    `seed ${seed} (n = ${n}) broke a promise; replay: node test/simulation/world/main.ts --worlds 1 --seed ${seed} --nodes ${n} --trace`,
  );
  for (const sentence of result.broken.slice(0, 10)) console.log(`  ${sentence}`);
  if (failed >= 5) break;
}
console.log(`worlds: ${count - failed} good, ${failed} broken; ${decided} decisions, ${signed} signatures`);
process.exitCode = failed > 0 ? 1 : 0;
