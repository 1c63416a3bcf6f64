/** Builds the program of an older release from the history of this repository. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIGRATIONS = 'libs/feed/src/migrations';
/**
 * For each schema version, the migration to the next version. The older release is the commit before the commit that added this migration.
 */
const NEXT_MIGRATIONS = {
  5: '0006-told-returns.ts',
  7: '0008-store-identity.ts',
  9: '0010-fencing.ts',
} as const;
export type OldVersion = keyof typeof NEXT_MIGRATIONS;

export interface OldRelease {
  /** The path of the `main.js` of the older release. */
  program: string;
  remove(): void;
}

/** Returns the last commit with this schema version. The result is `undefined` if the clone does not contain it. */
export function findOldCommit(version: OldVersion): string | undefined {
  const path = `${MIGRATIONS}/${NEXT_MIGRATIONS[version]}`;
  const added = runGit('log', '--diff-filter=A', '--format=%H', '--', path)?.trim().split('\n').at(-1);
  return added ? runGit('rev-parse', '--verify', '--quiet', `${added}^`)?.trim() : undefined;
}

/**
 * Builds the older release in a temporary directory, with the packages that are installed here. The build takes about half a minute. The
 * development dependency @nestjs/swagger exists only for older releases.
 */
export function buildOldRelease(commit: string): OldRelease {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-old-release-'));
  const archive = execFileSync('git', ['archive', commit], { maxBuffer: 256 * 1024 * 1024 });
  execFileSync('tar', ['x', '-C', directory], { input: archive });
  symlinkSync(realpathSync('node_modules'), join(directory, 'node_modules'));
  const nest = join(directory, 'node_modules/@nestjs/cli/bin/nest.js');
  execFileSync(process.execPath, [nest, 'build', 'gateway'], { cwd: directory, stdio: 'pipe' });
  return {
    program: join(directory, 'dist/apps/gateway/src/main.js'),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/**
 * Runs a git command.
 * @returns `undefined` when git is missing or fails, e.g. in a packed copy of the sources
 */
function runGit(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}
