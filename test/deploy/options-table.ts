/**
 * Prints the table of options as deploy/README.md has it: `node test/deploy/options-table.ts`.
 */
import { runSchema } from '../../src/app/config.ts';
import { optionsTable } from '../../src/app/settings/help.ts';

process.stdout.write(`${optionsTable(runSchema)}\n`);
