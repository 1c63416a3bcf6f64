import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const UNKNOWN_VERSION = '0.0.0-unknown';

/**
 * Returns the version from the nearest `package.json` in a parent directory. The function searches for it, because the depth differs
 * between the sources and the built program.
 */
export function readPackageVersion(directory = import.meta.dirname): string {
  const file = join(directory, 'package.json');
  const parentDirectory = dirname(directory);
  // A copy of the built program without `package.json` still works.
  if (!existsSync(file))
    return parentDirectory === directory ? UNKNOWN_VERSION : readPackageVersion(parentDirectory);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
