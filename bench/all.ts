/** Runs all benchmarks one after the other and passes its options on: `npm run bench`, `npm run bench -- --short`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const said = (option: string) => process.argv.includes(option);
// `run` measures connectors. `append` measures databases and memory growth.
const onlyRun = said('--connectors');
const onlyAppend = ['--growth', '--sqlite', '--postgres'].some(said);
const names = onlyRun ? ['run'] : onlyAppend ? ['append'] : ['run', 'append'];
for (const name of names) {
  console.log(`\n== bench/${name}.ts`);
  const child = fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), process.argv.slice(2));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exitCode = 1;
}
