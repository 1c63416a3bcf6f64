/**
 * Checks that `npm ci` needs no compiler. npm compiles every package with a `binding.gyp`, unless its package.json contains `"gypfile":
 * false`. But `npm ci` reads only the lock file, and npm omits this key when it writes the lock file. So a person must add the key again
 * after `npm install`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Package {
  gypfile?: boolean;
  scripts?: { install?: string; preinstall?: string };
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

it('nothing is compiled when Tributary is installed', () => {
  const { packages } = readJson<{ packages: Record<string, Package> }>('package-lock.json');
  const compiled = Object.keys(packages).filter((path) => {
    if (!existsSync(join(path, 'binding.gyp'))) return false;
    const { scripts } = readJson<Package>(join(path, 'package.json'));
    return packages[path]?.gypfile !== false && !scripts?.install && !scripts?.preinstall;
  });
  expect(compiled).toEqual([]);
});
