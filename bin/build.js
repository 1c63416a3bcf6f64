/** Builds the program if it is missing or older than its sources. `npm start` and `npm test` call it first. */
import { spawnSync } from 'child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'fs';
import { createRequire } from 'module';
import { dirname, join } from 'path';
import { bundle } from './bundle.js';
import { copySwaggerUi } from './copy-swagger-ui.js';
import { fail, program, root } from './launch.js';

const SOURCES = ['apps', 'libs', 'bin', 'tsconfig.json', 'nest-cli.json', 'package-lock.json'];

/** Files that the build leaves out, as in apps/gateway/tsconfig.app.json. */
const NOT_BUILT = /\.(spec|fake)\.ts$|\.snap$|\.md$|[\\/]testing$/;

export async function buildIfOutdated() {
  if (isOutdated()) await build();
}

function isOutdated() {
  if (!existsSync(program)) return true;
  const built = statSync(program).mtimeMs;
  return SOURCES.some((source) => isNewer(join(root, source), built));
}

function isNewer(path, built) {
  if (!existsSync(path) || NOT_BUILT.test(path)) return false;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs > built;
  return readdirSync(path).some((name) => isNewer(join(path, name), built));
}

async function build() {
  const nest = findNest();
  if (!nest) {
    // Without the development dependencies a build is impossible, and the existing build is the installed
    // one.
    if (existsSync(program)) return;
    fail(
      'Nothing is built, and the build tools are not installed. Run "npm ci" without --omit=dev, then "npm start".',
    );
  }
  console.error('Building …');
  const { status } = spawnSync(process.execPath, [nest, 'build', 'gateway'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) {
    await bundle();
    copySwaggerUi();
    buildConsole();
    return;
  }
  // Remove the program, so that the next `npm start` does not run a failed build.
  rmSync(program, { force: true });
  fail('The build failed; see above.');
}

/** Without the console the gateway serves everything else, so a failure is only reported. */
function buildConsole() {
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js');
  const { status } = spawnSync(process.execPath, [vite, 'build', 'apps/console', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) console.error('The build of the console failed; see above. The gateway runs without it.');
}

function findNest() {
  try {
    return createRequire(import.meta.url).resolve('@nestjs/cli/bin/nest.js');
  } catch {
    return undefined;
  }
}
