/** Builds the program of an older release from the history of this repository. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { transformSync, type Options } from '@swc/core';

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

/**
 * The options for swc, which compiles each file by itself and does not check types. swc needs about one second for a release. `nest build`
 * needs 30 seconds of processor time, because tsc also checks the types.
 */
const COMPILER_OPTIONS: Options = {
  swcrc: false,
  module: { type: 'es6' },
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
};

export interface OldRelease {
  /** The directory with the compiled modules of the older release. */
  modules: string;
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
 * Compiles the older release in a temporary directory, with the packages that are installed here. The development dependency
 * `@nestjs/swagger` exists only for older releases.
 */
export function buildOldRelease(commit: string): OldRelease {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-old-release-'));
  const archive = execFileSync('git', ['archive', commit], { maxBuffer: 256 * 1024 * 1024 });
  execFileSync('tar', ['x', '-C', directory], { input: archive });
  symlinkSync(realpathSync('node_modules'), join(directory, 'node_modules'));
  const modules = join(directory, 'dist');
  const sources = globSync(['apps/gateway/src/**/*.ts', 'libs/*/src/**/*.ts'], { cwd: directory });
  for (const source of sources.filter((path) => !path.endsWith('.spec.ts')))
    compileModule(join(directory, source), join(modules, source.replace(/\.ts$/, '.js')), modules);
  return {
    modules,
    program: join(modules, 'apps/gateway/src/main.js'),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/** Compiles a file. Imports of the libraries of the repository, e.g. `@tributary/feed`, become relative paths. */
function compileModule(source: string, target: string, modules: string): void {
  const { code } = transformSync(readFileSync(source, 'utf8'), { ...COMPILER_OPTIONS, filename: source });
  const linked = code.replaceAll(
    /(["'])@tributary\/([a-z-]+)(\/[a-z]+)?\1/g,
    (_, quote: string, library: string, part = '') => {
      const path = relative(dirname(target), join(modules, 'libs', library, `src${part}`, 'index.js'));
      return `${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
    },
  );
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, linked);
}

/**
 * Runs a git command.
 * @returns `undefined` when git is missing or fails, e.g. in a packed copy of the sources
 */
function runGit(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}
