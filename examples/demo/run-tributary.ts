/** Runs the built program. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The path of the program. It is relative, because npm runs the demo in the root directory of the repository. */
const PROGRAM = join('bin', 'tributary.js');
const POLL_MS = 100;
const MAX_START_MS = 120_000;

/**
 * Runs a command of the program to its end.
 * @throws Error with the output of the command if the command fails
 */
export async function runTributary(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0)
    throw new Error(
      `tributary ${args.join(' ')} ended with exit code ${code}:\n${Buffer.concat(output).toString()}`,
    );
}

/**
 * Starts a gateway with a deployment.
 * @returns the process, when the gateway is ready
 * @throws Error if the gateway does not become ready
 */
export async function startTributary(
  file: string,
  url: string,
  output: 'inherit' | 'ignore',
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--config', file], {
    stdio: ['ignore', output, output],
  });
  const deadline = Date.now() + MAX_START_MS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill();
      throw new Error(`the gateway of ${file} did not start at ${url}; another program may use the port`);
    }
    await sleep(POLL_MS);
  }
  return child;
}

export async function stopTributary(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'close');
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
