/** The entry point of the program `tributary`. `bin/tributary.js` starts it. */
import 'reflect-metadata';
import { drainOutput } from './cli/shared/drain-output.js';
import { exitOnBrokenPipe } from './cli/shared/handle-output-errors.js';
import { runCli } from './cli/run-cli.js';
import { terminal } from './cli/shared/terminal.js';

exitOnBrokenPipe();
const exitCode = await runCli(process.argv.slice(2), terminal);
await drainOutput();
process.exit(exitCode);
