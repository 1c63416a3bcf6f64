/** The program `tributary`; `bin/tributary.js` starts it. */
import 'reflect-metadata';
import { runCli } from './cli/run.js';
import { terminal } from './cli/terminal.js';

/** Whoever reads the output may stop reading: `tributary quarantine | head`. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exit(await runCli(process.argv.slice(2), terminal));
