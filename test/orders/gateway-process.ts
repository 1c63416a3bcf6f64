/** Runs the built program as an operator does. A test can kill it, stop it, and start it again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertBuilt, BUILT_PROGRAM } from '../built-program.js';

const MAX_START_MS = 60_000;

export class GatewayProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<unknown> | undefined;

  /**
   * @param log file with the output of all runs
   * @param program the built program of another release; by default the program of this release
   * @throws Error if the program was not built
   */
  constructor(
    private readonly file: string,
    private readonly url: string,
    private readonly log: string,
    private readonly program = BUILT_PROGRAM,
  ) {
    assertBuilt(program);
  }

  /** The exit code of the program; `null` while it is running. */
  get exitCode(): number | null {
    return this.child?.exitCode ?? null;
  }

  /**
   * Starts the program.
   * @returns as soon as the program responds
   */
  async start(): Promise<void> {
    const log = openSync(this.log, 'a');
    this.child = spawn(process.execPath, [this.program, 'serve', '--config', this.file], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.ended = once(this.child, 'exit');
    const end = performance.now() + MAX_START_MS;
    while (!(await isHealthy(`${this.url}/healthz`))) {
      if (this.child.exitCode !== null) throw new Error(`the gateway ended by itself: see ${this.log}`);
      if (performance.now() > end) throw new Error(`the gateway does not answer: see ${this.log}`);
      await sleep(20);
    }
  }

  /** Kills the program with SIGKILL, so that it can neither finish nor write anything. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.ended;
  }

  /**
   * Stops the program with SIGTERM.
   * @returns its exit code; `null` after a kill
   */
  async stop(): Promise<number | null> {
    this.child?.kill('SIGTERM');
    await this.ended;
    return this.child?.exitCode ?? null;
  }
}

function isHealthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}
