/** Reads that may be those of a moment ago: from replicas in turn, and from the primary when a replica cannot answer. */
import { PostgresPool, type PoolLimits } from './postgres-pool.js';

/** Whoever asks for a page waits ten seconds at most; the primary must be asked, and answer, within them. */
const PATIENCE = 2_000;
/** So long a replica that failed is left alone. */
const PAUSE = 10_000;

interface Replica {
  pool: PostgresPool;
  closedUntil: number;
}

export class PostgresReplicas {
  private readonly replicas: Replica[];
  private turn = 0;

  constructor(
    urls: readonly string[],
    { connections, statementTimeout }: PoolLimits,
    private readonly primary: PostgresPool,
  ) {
    const limits = { connections, statementTimeout: Math.min(statementTimeout, PATIENCE) };
    this.replicas = urls.map((url) => ({ pool: new PostgresPool(url, limits), closedUntil: 0 }));
  }

  /**
   * One statement. A replica replays what the primary committed in the order of its commits, so what it shows of a feed is its
   * beginning: older perhaps, never with a gap.
   * @throws StoreUnavailableError
   */
  async query<R>(text: string, values: readonly unknown[]): Promise<R[]> {
    const replica = this.next();
    if (!replica) return this.primary.query<R>(text, values);
    try {
      return await replica.pool.query<R>(text, values);
    } catch {
      // Away, without the tables yet, or it broke off the statement to go on replaying: the primary knows everything that it knows.
      replica.closedUntil = performance.now() + PAUSE;
      return this.primary.query<R>(text, values);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map(({ pool }) => pool.close()));
  }

  private next(): Replica | undefined {
    const now = performance.now();
    for (let tried = 0; tried < this.replicas.length; tried++) {
      const replica = this.replicas[this.turn++ % this.replicas.length];
      if (replica && replica.closedUntil <= now) return replica;
    }
    return undefined;
  }
}
