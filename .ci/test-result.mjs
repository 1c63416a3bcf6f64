/**
 * Prints one line for several runs of the tests: `N passed, N failed, N skipped`. Each argument is a file that `jest --json --outputFile`
 * wrote. If a spec file is in several runs, the last run says how many of its tests passed and were skipped, and the failures of all runs
 * count. A run that wrote no file, and a spec file that could not be run, count as one failure.
 */
import { existsSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';

const specs = new Map();
let failed = 0;

for (const file of process.argv.slice(2)) {
  if (!existsSync(file)) {
    failed += 1;
    continue;
  }
  for (const [spec, counts] of countBySpec(JSON.parse(readFileSync(file, 'utf8')))) {
    specs.set(spec, counts);
    failed += counts.failed;
  }
}

const total = (key) => [...specs.values()].reduce((sum, counts) => sum + counts[key], 0);
console.log(`${total('passed')} passed, ${failed} failed, ${total('skipped')} skipped`);

/** Adds up the results of each spec file, which the projects sqlite and postgres may both contain. */
function countBySpec({ testResults }) {
  const counted = new Map();
  for (const { name, status, assertionResults } of testResults) {
    const spec = toPathInRepository(name);
    const counts = counted.get(spec) ?? { passed: 0, failed: 0, skipped: 0 };
    counted.set(spec, counts);
    for (const result of assertionResults) {
      if (result.status === 'passed') counts.passed += 1;
      else if (result.status === 'failed') counts.failed += 1;
      else counts.skipped += 1;
    }
    const hasFailedTest = assertionResults.some((result) => result.status === 'failed');
    if (status === 'failed' && !hasFailedTest) counts.failed += 1;
  }
  return counted;
}

/** Runs in different clones have different absolute paths. Returns the part that exists in this clone. */
function toPathInRepository(absolutePath) {
  const parts = absolutePath.split(sep);
  const start = parts.findIndex((_part, index) => index > 0 && existsSync(parts.slice(index).join(sep)));
  return start < 0 ? absolutePath : parts.slice(start).join(sep);
}
