/**
 * Checks that the directories in the settings exist. Only `tributary check` makes this check. A gateway starts even if a directory is
 * missing, e.g. while a network share is not mounted, and serves its other connectors.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, type ConfigProblem } from './file/config-problems.js';
import type { Deployment, DirectorySetting } from './settings/loaded-deployment.types.js';

/**
 * Checks the directories of all connectors, except for connectors with a secret that was not requested.
 * @throws ConfigError with one problem for each directory that does not exist, is not a directory or cannot be read
 */
export function assertDirectoriesExist({ file, connectors }: Deployment): void {
  const problems = connectors
    .filter(({ hasUnreadSettings }) => hasUnreadSettings !== true)
    .flatMap(({ directories = [] }) => directories)
    .map(findProblem)
    .filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new ConfigError(file, problems);
}

function findProblem({ directory, found, location }: DirectorySetting): ConfigProblem | undefined {
  const absolute = resolve(directory);
  const fault = findFault(absolute);
  if (fault === undefined) return undefined;
  return { ...location, text: `${found}; ${fault}: create the directory ${absolute}, or correct the path` };
}

function findFault(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : 'this is not a directory';
  } catch (error) {
    const code =
      typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
    return code === 'ENOENT' ? 'there is no such directory' : `the directory cannot be read (${code})`;
  }
}
