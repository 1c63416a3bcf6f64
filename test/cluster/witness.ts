/** Reads the leases in the store: which gateway pulls which stream, and how long a stream stays with a gateway that is gone. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Member } from './member.js';

const EVERY = 50;

interface Lease {
  stream: string;
  holder: string | null;
  fence: string;
}

export class Witness {
  /** Number of leases that each gateway was seen to take. */
  readonly taken = new Map<string, number>();
  private leases = new Map<string, Lease>();
  private ended = false;
  private readonly watching: Promise<void>;

  constructor(
    private readonly url: string,
    private readonly members: readonly Member[],
  ) {
    this.watching = this.watch();
  }

  /** Returns the leases that the process has now. */
  heldBy(pid: number): Lease[] {
    return [...this.leases.values()].filter(({ holder }) => pidOf(holder) === pid);
  }

  /**
   * Waits until other processes have taken all these leases.
   * @returns the milliseconds it took; `undefined` when `timeoutMs` is over before
   */
  async untilTaken(leases: readonly Lease[], within: number): Promise<number | undefined> {
    const began = performance.now();
    while (!leases.every(({ stream, fence }) => this.leases.get(stream)?.fence !== fence)) {
      if (performance.now() - began > within) return undefined;
      await sleep(EVERY);
    }
    return performance.now() - began;
  }

  async end(): Promise<void> {
    this.ended = true;
    await this.watching;
  }

  /** Polls the leases. While the database is down there is nothing to read. */
  private async watch(): Promise<void> {
    while (!this.ended) {
      const client = new pg.Client(this.url);
      client.on('error', () => undefined);
      try {
        await client.connect();
        while (!this.ended) {
          this.note(await query(client));
          await sleep(EVERY);
        }
      } catch {
        await sleep(EVERY);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  private note(leases: readonly Lease[]): void {
    for (const lease of leases) {
      const before = this.leases.get(lease.stream);
      this.leases.set(lease.stream, lease);
      if (before?.fence === lease.fence) continue;
      const member = this.members.find(({ pid }) => pid === pidOf(lease.holder));
      if (member) this.taken.set(member.name, (this.taken.get(member.name) ?? 0) + 1);
    }
  }
}

async function query(client: pg.Client): Promise<Lease[]> {
  const { rows } = await client.query<Lease>(
    `select connector || ' ' || stream as stream, holder, fence from feeds`,
  );
  return rows;
}

function pidOf(holder: string | null): number | undefined {
  return holder === null ? undefined : (JSON.parse(holder) as [string, number])[1];
}
