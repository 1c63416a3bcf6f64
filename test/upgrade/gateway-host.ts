/**
 * Starts and stops gateways of one release in one process (`gateway-host-process.mjs`). If the process is killed, it is started again at
 * once, so that its modules are loaded before the next gateway starts.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertBuilt } from '../built-program.js';

const HOST_PROGRAM = 'test/upgrade/gateway-host-process.mjs';
/** The directory for Node's compiled modules. They are kept, because the soak test starts the same programs hundreds of times. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'tributary-compile-cache');

type HostRequest = { serve: string } | { stop: true } | { command: readonly string[] };

/** A gateway that is running in a host. `ended` is a promise of its exit code; the code is `SIGKILL` if the host was killed. */
interface RunningGateway {
  stop: () => void;
  ended: Promise<string>;
}

export class GatewayHost {
  private child: ChildProcess | undefined;
  private nextId = 0;
  private readonly waiting = new Map<number, (exitCode: string) => void>();

  /**
   * @param modules directory with the compiled modules of the release
   * @param log file with the output of all gateways
   * @throws Error when the modules do not exist
   */
  constructor(
    private readonly modules: string,
    private readonly log: string,
  ) {
    assertBuilt(modules);
    this.child = this.startProcess();
  }

  /** Runs a gateway. */
  serve(file: string): RunningGateway {
    const id = this.nextId++;
    return {
      stop: () => this.send(this.child, { id, stop: true }),
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

  /** Kills all gateways of the host at once. Further gateways can be started. */
  async kill(): Promise<void> {
    await this.close();
    this.child ??= this.startProcess();
  }

  /** Kills the process. No gateway can be started any more. */
  async close(): Promise<void> {
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
      this.send(child, { id, ...request });
    });
  }

  /** Sends a message. If the process has been killed, the message is lost, and the exit of the process settles all requests. */
  private send(child: ChildProcess | undefined, message: { id: number } & HostRequest): void {
    child?.send(message, () => undefined);
  }

  private startProcess(): ChildProcess {
    const log = openSync(this.log, 'a');
    const child = fork(HOST_PROGRAM, [this.modules], {
      stdio: ['ignore', log, log, 'ipc'],
      execArgv: [],
      env: { ...process.env, NODE_COMPILE_CACHE },
    });
    closeSync(log);
    child.on('message', ({ id, exitCode }: { id: number; exitCode: number }) =>
      this.settle(id, String(exitCode)),
    );
    child.once('exit', () => {
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
