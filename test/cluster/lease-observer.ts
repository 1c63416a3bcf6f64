/** Reads the leases in the store. They show which gateway pulls which stream, and how long a stopped gateway keeps a stream. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ClusterGateway } from './cluster-gateway.js';

const POLL_INTERVAL_MS = 50;

interface Lease {
  stream: string;
  holder: string | null;
  fence: string;
}

export class LeaseObserver {
  /** The number of leases that each gateway has taken while the observer was watching. */
  readonly takenCounts = new Map<string, number>();
  private leases = new Map<string, Lease>();
  private isStopped = false;
  private readonly polling: Promise<void>;

  constructor(
    private readonly url: string,
    private readonly gateways: readonly ClusterGateway[],
  ) {
    this.polling = this.pollLeases();
  }

  /** Returns the leases that the process has now. */
  getLeasesOf(pid: number): Lease[] {
    return [...this.leases.values()].filter(({ holder }) => parsePid(holder) === pid);
  }

  /**
   * Waits until other processes have taken all these leases.
   * @returns the duration in milliseconds; `undefined` if it would be longer than `timeoutMs`
   */
  async waitUntilTaken(leases: readonly Lease[], timeoutMs: number): Promise<number | undefined> {
    const began = performance.now();
    while (!leases.every(({ stream, fence }) => this.leases.get(stream)?.fence !== fence)) {
      if (performance.now() - began > timeoutMs) return undefined;
      await sleep(POLL_INTERVAL_MS);
    }
    return performance.now() - began;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.polling;
  }

  /** Reads the leases at regular intervals. While the database is down, no leases can be read. */
  private async pollLeases(): Promise<void> {
    while (!this.isStopped) {
      const client = new pg.Client(this.url);
      client.on('error', () => undefined);
      try {
        await client.connect();
        while (!this.isStopped) {
          this.recordLeases(await queryLeases(client));
          await sleep(POLL_INTERVAL_MS);
        }
      } catch {
        await sleep(POLL_INTERVAL_MS);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  private recordLeases(leases: readonly Lease[]): void {
    for (const lease of leases) {
      const before = this.leases.get(lease.stream);
      this.leases.set(lease.stream, lease);
      if (before?.fence === lease.fence) continue;
      const gateway = this.gateways.find(({ pid }) => pid === parsePid(lease.holder));
      if (gateway) this.takenCounts.set(gateway.name, (this.takenCounts.get(gateway.name) ?? 0) + 1);
    }
  }
}

async function queryLeases(client: pg.Client): Promise<Lease[]> {
  const { rows } = await client.query<Lease>(
    `select connector || ' ' || stream as stream, holder, fencing_token as fence from feeds`,
  );
  return rows;
}

function parsePid(holder: string | null): number | undefined {
  return holder === null ? undefined : (JSON.parse(holder) as [string, number])[1];
}
