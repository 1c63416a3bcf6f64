/**
 * Runs the spec files of one run of the tests that failed again, one after the other, and prints a line for each that passes now. On a busy
 * machine a spec that kills processes or waits can fail although the program is right; a fault of the program fails twice. The first result
 * stays in the output of the run. Each spec that needed a second run is a fault of the spec: mend it.
 *
 *     node .ci/run-again.mjs FIRST.json SECOND.json
 *
 * FIRST.json is what `jest --json --outputFile` wrote. The results of the second run replace those of the first run in it. Exits with 1
 * when a spec fails again, when more than MAX_SPECS failed, or when the first run wrote no file.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/** When more specs fail, the machine is not the reason. */
const MAX_SPECS = 3;

const [firstFile, secondFile] = process.argv.slice(2);
if (!existsSync(firstFile)) {
  console.log(`${firstFile} does not exist: the run did not end, so nothing is run again.`);
  process.exit(1);
}
const first = JSON.parse(readFileSync(firstFile, 'utf8'));
const failedSpecs = [
  ...new Set(first.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name)),
];
if (failedSpecs.length === 0 || failedSpecs.length > MAX_SPECS) {
  console.log(`${failedSpecs.length} specs failed; 1 to ${MAX_SPECS} are run again.`);
  process.exit(1);
}

const paths = failedSpecs.map((name) => relative(process.cwd(), name));
const { status } = spawnSync(
  process.execPath,
  ['.ci/test.mjs', 'all', ...paths, '--runInBand', '--json', `--outputFile=${secondFile}`],
  { stdio: 'inherit' },
);
if (!existsSync(secondFile)) process.exit(1);
const second = JSON.parse(readFileSync(secondFile, 'utf8'));
first.testResults = [
  ...first.testResults.filter(({ name }) => !failedSpecs.includes(name)),
  ...second.testResults,
];
writeFileSync(firstFile, JSON.stringify(first));
for (const path of paths)
  console.log(`FAILED ONCE: ${path} ${status === 0 ? 'passed in a second run alone' : 'was run again'}`);
process.exit(status ?? 1);
