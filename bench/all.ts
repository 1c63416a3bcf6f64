/** Runs all benchmarks one after the other, and passes its own options to each: `npm run bench`, `npm run bench -- --short`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ALL = [
  'serve-pages',
  'append',
  'identity-check',
  'completeness-check',
  'reconciliation',
  'files',
  'console',
];
/**
 * The options that select one benchmark. If several options are given, the first one is used. `reconciliation` takes long, because it uses
 * a million rows, and `console` takes long, because it uses five million. `serve-pages` measures connectors. `append` measures databases and memory growth.
 */
const SELECTIONS: Readonly<Record<string, string>> = {
  '--reconciliation': 'reconciliation',
  '--files': 'files',
  '--console': 'console',
  '--completeness': 'completeness-check',
  '--identity': 'identity-check',
  '--connectors': 'serve-pages',
  '--growth': 'append',
  '--sqlite': 'append',
  '--postgres': 'append',
};
const [, selected] = Object.entries(SELECTIONS).find(([option]) => process.argv.includes(option)) ?? [];
const names = selected === undefined ? ALL : [selected];
for (const name of names) {
  console.log(`\n== bench/${name}.ts`);
  const child = fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), process.argv.slice(2));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exitCode = 1;
}
