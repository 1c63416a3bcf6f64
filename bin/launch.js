/**
 * Runs the built program on a Node that can: this file must be readable by old ones, so that they say what is wrong.
 */
import { spawn } from 'child_process';
import { existsSync } from 'fs';
import { createRequire } from 'module';
import { dirname, join } from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const program = join(root, 'dist', 'apps', 'gateway', 'src', 'main.js');

/** better-sqlite3 crashes older ones without a word. */
const OLDEST = 22;
const RELAUNCHED = 'TRIBUTARY_RELAUNCHED';

/** Runs `then` on a Node that is new enough: this one, or the one that the `node` package brought along. */
export function onNewNode(then) {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST) return then();
  const newer = process.env[RELAUNCHED] ? undefined : installedNode();
  if (!newer)
    fail(
      `Tributary needs Node ${OLDEST} or newer; this is Node ${process.versions.node}. Run "npm ci" in ${root}, which brings one along (not with --ignore-scripts), or install one.`,
    );
  relaunch(newer);
}

export function runProgram() {
  if (!existsSync(program)) {
    fail(
      `The built program is missing (${program}). Run "npm ci && npm run build" in ${root}; an installation without development dependencies needs dist/ from one with them.`,
    );
  }
  return import(pathToFileURL(program).href);
}

export function fail(message) {
  console.error(message);
  process.exit(1);
}

function installedNode() {
  try {
    const file = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
    return existsSync(file) ? file : undefined;
  } catch (_error) {
    return undefined;
  }
}

/** The same command on another Node; signals reach it, and its end is ours. */
function relaunch(node) {
  const child = spawn(node, process.argv.slice(1), {
    stdio: 'inherit',
    env: Object.assign({}, process.env, { [RELAUNCHED]: '1' }),
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${node} cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    for (const name of signals) process.removeAllListeners(name);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code);
  });
}
