/**
 * `npm ci` needs no compiler. npm builds whatever has a `binding.gyp`, unless its own package says `"gypfile": false`; but `npm ci`
 * reads the lock file only, and npm leaves that key out when it writes one. After `npm install`, put it back.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Package {
  gypfile?: boolean;
  scripts?: { install?: string; preinstall?: string };
}

function read<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

it('nothing is compiled when Tributary is installed', () => {
  const { packages } = read<{ packages: Record<string, Package> }>('package-lock.json');
  const compiled = Object.keys(packages).filter((path) => {
    if (!existsSync(join(path, 'binding.gyp'))) return false;
    const { scripts } = read<Package>(join(path, 'package.json'));
    return packages[path]?.gypfile !== false && !scripts?.install && !scripts?.preinstall;
  });
  expect(compiled).toEqual([]);
});
