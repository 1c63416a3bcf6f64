/** Entry point of the program `tributary`; `bin/tributary.js` starts it. */
import 'reflect-metadata';
import { endWithReader } from './cli/output.js';
import { runCli } from './cli/run.js';
import { terminal } from './cli/terminal.js';

endWithReader();
process.exit(await runCli(process.argv.slice(2), terminal));
