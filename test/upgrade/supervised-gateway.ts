/** A gateway process under a supervisor, which starts it again when it ends by itself. Its program can be replaced by that of another release. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fetchHttpStatus } from '../cluster/fetch-http-status.js';

/** Node keeps compiled modules there, because these tests start the same programs hundreds of times. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'tributary-compile-cache');
/** Pause of the supervisor before it starts a program again, in milliseconds. */
const RESTART_DELAY_MS = 500;

export class SupervisedGateway {
  /** Number of exits by exit code. */
  readonly exitCounts = new Map<string, number>();
  private child: ChildProcess | undefined;
  private supervision: Promise<void> | undefined;
  private isWanted = false;

  /** @param log file with the output of all runs */
  constructor(
    readonly name: string,
    readonly port: number,
    readonly file: string,
    private readonly log: string,
    public program: string,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  start(): void {
    this.isWanted = true;
    this.supervision ??= this.supervise();
  }

  /** Stops the program as a supervisor does. If it does not end in time, it is killed. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.isWanted = false;
    this.child?.kill(signal);
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), 10_000);
    await this.supervision;
    clearTimeout(timer);
    this.supervision = undefined;
  }

  async isReady(): Promise<boolean> {
    return (await fetchHttpStatus(`${this.url}/readyz`, 1000)) === 200;
  }

  /** Runs a command of this gateway's program with its deployment file. @throws Error with the output when it fails */
  async run(...command: string[]): Promise<void> {
    await promisify(execFile)(process.execPath, [this.program, ...command, '--config', this.file], {
      env: { ...process.env, NODE_COMPILE_CACHE },
    });
  }

  private async supervise(): Promise<void> {
    while (this.isWanted) {
      const log = openSync(this.log, 'a');
      this.child = spawn(process.execPath, [this.program, 'serve', '--config', this.file], {
        stdio: ['ignore', log, log],
        env: { ...process.env, NODE_COMPILE_CACHE },
      });
      closeSync(log);
      await once(this.child, 'exit');
      const code = String(this.child.exitCode ?? this.child.signalCode);
      this.exitCounts.set(code, (this.exitCounts.get(code) ?? 0) + 1);
      if (this.isWanted) await sleep(RESTART_DELAY_MS);
    }
  }
}
