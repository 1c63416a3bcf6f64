/** Runs a gateway of any release under a supervisor. If the process ends by itself, the supervisor starts it again. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fetchHttpStatus } from '../cluster/fetch-http-status.js';

/** The directory for Node's compiled modules. They are kept, because these tests start the same programs hundreds of times. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'tributary-compile-cache');
/**
 * The pauses in milliseconds before the supervisor starts a program again. Each pause is twice as long as the pause before, because an old
 * program that may no longer use the store ends at once.
 */
const INITIAL_RESTART_DELAY_MS = 500;
const MAX_RESTART_DELAY_MS = 30_000;
const READY_TIMEOUT_MS = 10_000;

/** A gateway that is started again when it ends by itself. */
export interface RestartedGateway {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** The path of the deployment file. */
  readonly file: string;
  /** How often the gateway ended with each exit code. */
  readonly exitCounts: ReadonlyMap<string, number>;
  start(): void;
  /**
   * Stops the gateway.
   * @param signal the signal; a hosted gateway is always closed, because only its host can be killed
   */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  isReady(): Promise<boolean>;
}

/** A gateway in a process of its own. */
export class SupervisedGateway implements RestartedGateway {
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
    private readonly program: string,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  start(): void {
    this.isWanted = true;
    this.supervision ??= this.supervise();
  }

  /** Stops the program as a supervisor does. If the program does not end in time, it is killed. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.isWanted = false;
    this.child?.kill(signal);
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), 10_000);
    await this.supervision;
    clearTimeout(timer);
    this.supervision = undefined;
  }

  async isReady(): Promise<boolean> {
    return (await fetchHttpStatus(`${this.url}/readyz`, READY_TIMEOUT_MS)) === 200;
  }

  /**
   * Runs a command of this gateway's program with its deployment file.
   * @throws Error with the output when the command fails
   */
  async run(...command: string[]): Promise<void> {
    await promisify(execFile)(process.execPath, [this.program, ...command, '--config', this.file], {
      env: { ...process.env, NODE_COMPILE_CACHE },
    });
  }

  private async supervise(): Promise<void> {
    let delayMs = INITIAL_RESTART_DELAY_MS;
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
      for (const end = performance.now() + delayMs; this.isWanted && performance.now() < end;)
        await sleep(50);
      delayMs = Math.min(2 * delayMs, MAX_RESTART_DELAY_MS);
    }
  }
}
