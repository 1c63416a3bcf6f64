/** One gateway of the cluster. It runs the built program, which a test can kill, pause and stop. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertBuilt, BUILT_PROGRAM } from '../built-program.js';
import { fetchHttpStatus } from './fetch-http-status.js';

const MAX_START_MS = 120_000;

export class ClusterGateway {
  isPaused = false;
  private child: ChildProcess | undefined;
  private exited: Promise<unknown> = Promise.resolve();

  /**
   * @param logFile file with the output of all runs
   * @param clockOffsetMs milliseconds by which the gateway's clock is ahead of the real time
   * @throws Error if the program was not built
   */
  constructor(
    readonly name: string,
    readonly port: number,
    private readonly file: string,
    private readonly logFile: string,
    private readonly clockOffsetMs: number,
  ) {
    assertBuilt(BUILT_PROGRAM);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  launch(): void {
    const log = openSync(this.logFile, 'a');
    const command = [
      ...createClockArguments(this.clockOffsetMs),
      BUILT_PROGRAM,
      'serve',
      '--config',
      this.file,
    ];
    this.child = spawn(process.execPath, command, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.exited = once(this.child, 'exit');
  }

  /** Starts the program and waits until it is ready. If the program exits by itself, it is started again, as a supervisor would do. */
  async start(): Promise<void> {
    const end = performance.now() + MAX_START_MS;
    for (this.launch(); (await fetchHttpStatus(`${this.url}/readyz`, 1000)) !== 200; await sleep(50)) {
      if (!this.isRunning) this.launch();
      if (performance.now() > end) throw new Error(`${this.name} does not get ready: see ${this.logFile}`);
    }
  }

  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.exited;
    this.isPaused = false;
  }

  async pause(milliseconds: number): Promise<void> {
    this.isPaused = true;
    this.child?.kill('SIGSTOP');
    await sleep(milliseconds);
    this.child?.kill('SIGCONT');
    this.isPaused = false;
  }

  /**
   * Stops the program with SIGTERM.
   * @returns its exit code
   */
  async stop(): Promise<number | null> {
    this.child?.kill('SIGTERM');
    await this.exited;
    return this.child?.exitCode ?? null;
  }
}

/** Returns arguments for Node that change the clock of the gateway. The clock of the simulated PSP in the same process does not change. */
function createClockArguments(milliseconds: number): string[] {
  if (milliseconds === 0) return [];
  const module = `
    const now = Date.now;
    Date.now = () => {
      const limit = Error.stackTraceLimit;
      Error.stackTraceLimit = 2;
      const { stack } = new Error();
      Error.stackTraceLimit = limit;
      return stack.includes('/sandbox/') ? now() : now() + ${milliseconds};
    };`;
  return ['--import', `data:text/javascript,${encodeURIComponent(module)}`];
}
