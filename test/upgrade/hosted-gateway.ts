/** A gateway of any release in the process of a host. If the gateway ends by itself, it is started again, as a supervisor does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchHttpStatus } from '../cluster/fetch-http-status.js';
import type { GatewayHost } from './gateway-host.js';

/**
 * Time in milliseconds within which a gateway must respond. The time is long, because on a busy machine the gateways of one process respond
 * late.
 */
const READY_TIMEOUT_MS = 10_000;
/** Time in milliseconds within which a gateway must stop. After this time, its host is killed. */
const STOP_TIMEOUT_MS = 60_000;
const RESTART_DELAY_MS = 500;

export class HostedGateway {
  /** How often the gateway ended with each exit code. */
  readonly exitCounts = new Map<string, number>();
  private supervision: Promise<void> | undefined;
  private isWanted = false;
  private stopCurrent = () => {};

  /** @param file the path of the deployment file */
  constructor(
    readonly host: GatewayHost,
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

  /**
   * Stops the gateway.
   * @param signal with `SIGTERM`, the gateway ends its work; `SIGKILL` kills the host with all of its gateways
   */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.isWanted = false;
    if (signal === 'SIGKILL') await this.host.kill();
    else this.stopCurrent();
    const timer = setTimeout(() => void this.host.kill(), STOP_TIMEOUT_MS);
    await this.supervision;
    clearTimeout(timer);
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
      for (const end = performance.now() + RESTART_DELAY_MS; this.isWanted && performance.now() < end;)
        await sleep(20);
    }
  }
}
