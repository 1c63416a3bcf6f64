/** Finds what the build writes beside the program, e.g. `dist/console`. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Looks at the directories above this file, because the bundled program, the compiled code and the sources are at different depths in the
 * repository. The directory may be missing, if it was not built.
 */
export function findBuiltDirectory(name: string, start = import.meta.dirname): string {
  if (basename(start) === 'dist') return join(start, name);
  const parent = dirname(start);
  if (existsSync(join(start, 'package.json')) || parent === start) return join(start, 'dist', name);
  return findBuiltDirectory(name, parent);
}
