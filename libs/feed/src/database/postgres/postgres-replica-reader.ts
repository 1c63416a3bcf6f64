/**
 * Runs queries whose result may lack the newest commits. The queries use the replicas in turn. If a replica fails, the query runs on the
 * primary.
 */
import { PostgresPool, toPoolTimeouts, type PoolLimits } from './postgres-pool.js';

/**
 * The maximum statement timeout on a replica, in ms. A client waits ten seconds for a page. If a replica fails, the rest of this time must
 * be enough for a query to the primary.
 */
const MAX_REPLICA_TIMEOUT_MS = 2_000;
/** Time in ms during which a failed replica is not used. */
const FAILED_REPLICA_PAUSE_MS = 10_000;

interface Replica {
  pool: PostgresPool;
  skippedUntil: number;
}

export class PostgresReplicaReader {
  private readonly replicas: Replica[];
  private nextIndex = 0;

  constructor(
    urls: readonly string[],
    { connections, statementTimeoutMs }: PoolLimits,
    private readonly primary: PostgresPool,
  ) {
    const timeouts = toPoolTimeouts(Math.min(statementTimeoutMs, MAX_REPLICA_TIMEOUT_MS));
    this.replicas = urls.map((url) => ({
      pool: new PostgresPool(url, connections, timeouts),
      skippedUntil: 0,
    }));
  }

  /**
   * Runs one statement that reads a page. A replica replays the commits of the primary in sequence. So the newest rows of the feed may be
   * missing, but there are no gaps.
   * @throws StoreUnavailableError when the primary is unavailable, too
   */
  async query<R>(text: string, values: readonly unknown[]): Promise<R[]> {
    const replica = this.pickReplica();
    if (!replica) return this.primary.query<R>(text, values, 'pages');
    try {
      return await replica.pool.query<R>(text, values);
    } catch {
      // The replica is down, has no tables yet, or cancelled the statement to continue its replay. So the query runs on the primary, which
      // has all rows.
      replica.skippedUntil = performance.now() + FAILED_REPLICA_PAUSE_MS;
      return this.primary.query<R>(text, values, 'pages');
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map(({ pool }) => pool.close()));
  }

  private pickReplica(): Replica | undefined {
    const now = performance.now();
    for (let tried = 0; tried < this.replicas.length; tried++) {
      const replica = this.replicas[this.nextIndex++ % this.replicas.length];
      if (replica && replica.skippedUntil <= now) return replica;
    }
    return undefined;
  }
}
