/** Every benchmark, one after the other, with what was said to this one: `npm run bench`, `npm run bench -- --short`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const said = (option: string) => process.argv.includes(option);
// Connectors alone are measured by the first, databases and their growth by the second.
const onlyRun = said('--connectors');
const onlyAppend = ['--growth', '--sqlite', '--postgres'].some(said);
const names = onlyRun ? ['run'] : onlyAppend ? ['append'] : ['run', 'append'];
for (const name of names) {
  console.log(`\n== bench/${name}.ts`);
  const child = fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), process.argv.slice(2));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exitCode = 1;
}
