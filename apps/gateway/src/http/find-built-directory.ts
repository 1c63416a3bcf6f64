/** Finds the directories that the build writes beside the program, e.g. `dist/console`. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Searches the directories above this file, because the bundled program, the compiled code and the sources are at different depths in the
 * repository. If the directory was not built, it may be missing.
 */
export function findBuiltDirectory(name: string, start = import.meta.dirname): string {
  if (basename(start) === 'dist') return join(start, name);
  const parent = dirname(start);
  if (existsSync(join(start, 'package.json')) || parent === start) return join(start, 'dist', name);
  return findBuiltDirectory(name, parent);
}
