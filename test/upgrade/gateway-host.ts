/**
 * Starts and stops gateways of this release in one process (`gateway-host-process.mjs`), and starts the process again after it was killed.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchHttpStatus } from '../cluster/fetch-http-status.js';
import type { RestartedGateway } from './supervised-gateway.js';

const HOST_PROGRAM = 'test/upgrade/gateway-host-process.mjs';
/**
 * Time in milliseconds within which a gateway must respond. The time is long, because on a busy machine the gateways of one process respond
 * late.
 */
const READY_TIMEOUT_MS = 10_000;
const RESTART_DELAY_MS = 500;

type HostRequest = { serve: string } | { stop: true } | { command: readonly string[] };

export class GatewayHost {
  private child: ChildProcess | undefined;
  private nextId = 0;
  private readonly waiting = new Map<number, (exitCode: string) => void>();

  /** @param log file with the output of all gateways */
  constructor(private readonly log: string) {}

  /**
   * Runs a gateway.
   * @returns a function that stops the gateway, and a promise of its exit code; the code is `SIGKILL` after `kill()`
   */
  serve(file: string): { stop: () => void; ended: Promise<string> } {
    const id = this.nextId++;
    return {
      stop: () => void this.child?.send({ id, stop: true }),
      ended: this.request(id, { serve: file }),
    };
  }

  /**
   * Runs a command, e.g. `store restore`.
   * @throws Error when the command fails
   */
  async runCommand(...command: string[]): Promise<void> {
    const exitCode = await this.request(this.nextId++, { command });
    if (exitCode !== '0') throw new Error(`${command.join(' ')}: exit code ${exitCode}; see ${this.log}`);
  }

  /** Kills all gateways at once. The next start of a gateway starts the process again. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  private request(id: number, request: HostRequest): Promise<string> {
    const child = (this.child ??= this.startProcess());
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      child.send({ id, ...request });
    });
  }

  private startProcess(): ChildProcess {
    const log = openSync(this.log, 'a');
    const child = fork(HOST_PROGRAM, { stdio: ['ignore', log, log, 'ipc'], execArgv: [] });
    closeSync(log);
    child.on('message', ({ id, exitCode }: { id: number; exitCode: number }) =>
      this.settle(id, String(exitCode)),
    );
    child.on('exit', () => {
      this.child = undefined;
      for (const id of this.waiting.keys()) this.settle(id, 'SIGKILL');
    });
    return child;
  }

  private settle(id: number, exitCode: string): void {
    this.waiting.get(id)?.(exitCode);
    this.waiting.delete(id);
  }
}

/** A gateway in the process that runs several gateways. If the gateway ends by itself, it is started again. */
export class HostedGateway implements RestartedGateway {
  readonly exitCounts = new Map<string, number>();
  private supervision: Promise<void> | undefined;
  private isWanted = false;
  private stopCurrent = () => {};

  constructor(
    private readonly host: GatewayHost,
    readonly name: string,
    readonly port: number,
    readonly file: string,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  start(): void {
    this.isWanted = true;
    this.supervision ??= this.supervise();
  }

  async stop(): Promise<void> {
    this.isWanted = false;
    this.stopCurrent();
    await this.supervision;
    this.supervision = undefined;
  }

  async isReady(): Promise<boolean> {
    return (await fetchHttpStatus(`${this.url}/readyz`, READY_TIMEOUT_MS)) === 200;
  }

  private async supervise(): Promise<void> {
    while (this.isWanted) {
      const { stop, ended } = this.host.serve(this.file);
      this.stopCurrent = stop;
      const code = await ended;
      this.exitCounts.set(code, (this.exitCounts.get(code) ?? 0) + 1);
      if (this.isWanted) await sleep(RESTART_DELAY_MS);
    }
  }
}
