/**
 * Runs the built program on a supported version of Node. Old versions must be able to parse this file, so
 * that they can print an error message.
 */
import { spawn } from 'child_process';
import { existsSync } from 'fs';
import { createRequire } from 'module';
import { dirname, join } from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const program = join(root, 'dist', 'program', 'main.js');

/** On older versions better-sqlite3 crashes without a message. */
const OLDEST = 22;
const RELAUNCHED = 'TRIBUTARY_RELAUNCHED';

/** Calls `then` if this Node is new enough. Otherwise runs the command again with the Node of the `node` package. */
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

/** Runs the same command on another Node. Forwards signals to it and exits with its exit code. */
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
