/** Declares the tests of a snapshot file as skipped. It is for a spec whose input, an official document, is not next to the repository. */
import { getTestRunner } from './suite/test-runner.js';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const SNAPSHOT_NAME_PATTERN = /^exports\[`(.+) \d+`\] = /gm;

/**
 * Declares one skipped test for each snapshot of a spec file, with the name of the snapshot. Without these tests, Jest would regard the
 * snapshots as obsolete, and `jest --ci` would end with exit code 1.
 * @param specFile the absolute path of the spec, i.e. `import.meta.filename`
 * @param reason a text that is printed to stderr: `../shared/specs/mollie/specs.yaml is absent`
 * @throws Error if the spec has no snapshot file
 */
export function declareSkippedSnapshots(specFile: string, reason: string): void {
  const snapshotFile = join(dirname(specFile), '__snapshots__', `${basename(specFile)}.snap`);
  const names = [...readFileSync(snapshotFile, 'utf8').matchAll(SNAPSHOT_NAME_PATTERN)].map(([, name = '']) =>
    unescapeTemplate(name),
  );
  process.stderr.write(`skipped: ${names.length} tests of ${basename(specFile)}, because ${reason}\n`);
  for (const name of new Set(names)) getTestRunner().skip(name);
}

/**
 * Returns the plain text of a snapshot name. In a snapshot file, names are template literals, in which back-quotes, backslashes and dollar
 * signs are escaped.
 */
function unescapeTemplate(name: string): string {
  return name.replaceAll(/\\([`\\$])/g, '$1');
}
