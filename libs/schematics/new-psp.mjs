/** `npm run new:psp -- acme`: Nest's generator, whose own exit code is 0 also when a schematic has refused and nothing was written. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';

const NEST = createRequire(import.meta.url).resolve('@nestjs/cli/bin/nest.js');
const options = process.argv.slice(2);
const args = ['g', '-c', '@tributary/schematics', 'psp-plugin', ...options, '-p', 'gateway'];

const nest = spawn(process.execPath, [NEST, ...args], { stdio: ['inherit', 'pipe', 'inherit'] });
let said = '';
nest.stdout.on('data', (text) => {
  said += text;
  process.stdout.write(text);
});
nest.on('close', (code) => {
  const isDone = said.includes('CREATE') || options.includes('--help') || options.includes('-h');
  process.exitCode = code === 0 && !isDone ? 1 : (code ?? 1);
});
