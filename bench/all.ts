/** Runs all benchmarks one after the other and passes its options on: `npm run bench`, `npm run bench -- --short`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const hasOption = (option: string) => process.argv.includes(option);
// `reconciliation` is long with a million rows. `serve-pages` measures connectors. `append` measures databases and memory growth. `files`
// measures bank files.
const onlyReconciliation = hasOption('--reconciliation');
const onlyFiles = hasOption('--files');
const onlyRun = hasOption('--connectors');
const onlyAppend = ['--growth', '--sqlite', '--postgres'].some(hasOption);
const names = onlyReconciliation
  ? ['reconciliation']
  : onlyFiles
    ? ['files']
    : onlyRun
      ? ['serve-pages']
      : onlyAppend
        ? ['append']
        : ['serve-pages', 'append', 'identity-check', 'completeness-check', 'reconciliation', 'files'];
for (const name of names) {
  console.log(`\n== bench/${name}.ts`);
  const child = fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), process.argv.slice(2));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exitCode = 1;
}
