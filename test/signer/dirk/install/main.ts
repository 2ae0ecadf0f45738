/**
 * Makes the real Dirk ready for tests where Go is: `node test/signer/dirk/install/main.ts`. Elsewhere it says so and is content.
 */
import { installDirk } from '../../../../src/cli/demo/dirk/program.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
try {
  say(`dirk: ${await installDirk(say)}`);
} catch (error) {
  say(`tests of a real Dirk will be skipped: ${error instanceof Error ? error.message : String(error)}`);
}
