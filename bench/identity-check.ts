/**
 * Measures what the check of the store's identity costs an append: the same appends with and without the check, in alternating short rounds on
 * one store. The result is a ratio of processor time, because wall-clock time depends on the load of the machine.
 * Options: `-- --short` uses fewer rounds.
 */
import { getCurrentProcess } from '@tributary/feed';
import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseAdapter } from '../libs/feed/src/database/database-adapter.js';
import { openPostgres } from '../libs/feed/src/database/postgres/postgres-adapter.js';
import { openSqlite } from '../libs/feed/src/database/sqlite/sqlite-adapter.js';
import { OpenedFeed } from '../libs/feed/src/identity/opened-feed.js';
import { openStoreIdentity } from '../libs/feed/src/identity/open-store-identity.js';
import { acquireLease } from '../libs/feed/src/leases/feed-lease.js';
import { migrate } from '../libs/feed/src/migrations/migrate.js';
import { SqlStore } from '../libs/feed/src/store/sql-store.js';
import { PostgresServer } from '../libs/feed/src/testing/postgres-server.js';
import { addUsage, measureUsage, NO_USAGE, type Usage } from './cpu-usage.js';
import { createRecords } from './test-records.js';

const ROUNDS = process.argv.includes('--short') ? 30 : 150;
const PAGES_PER_ROUND = 20;
const ROWS_PER_PAGE = 100;
const LEASE_MS = 3_000_000;
/** The check may cost this share of an append. */
const MAX_RATIO = 1.03;
const NOTHING = { rejected: [], warnings: [], resolvedIds: [], balances: [] };

/** A feed whose statements find it by its number alone, as before the check existed. */
class UncheckedFeedSession extends OpenedFeed {
  override get isSameFeed(): RawBuilder<SqlBool> {
    return sql<SqlBool>`feeds.id = cast(${this.id} as bigint)`;
  }
}

const directory = mkdtempSync(join(tmpdir(), 'tributary-identity-check-'));
const server = await PostgresServer.create();
try {
  await compare('SQLite', await openSqlite(join(directory, 'store.db')), undefined);
  const limits = { connections: 4, statementTimeoutMs: 10_000 };
  await compare('PostgreSQL', await openPostgres(server.url('postgres'), limits), server.pid);
} finally {
  await server.remove();
  rmSync(directory, { recursive: true });
}

/** @param serverPid process id of the database; `undefined` for a database inside this process */
async function compare(name: string, adapter: DatabaseAdapter, serverPid: number | undefined): Promise<void> {
  await migrate(adapter);
  const contestants = [
    { usage: NO_USAGE, lease: await openLease(adapter, 'checked', OpenedFeed) },
    { usage: NO_USAGE, lease: await openLease(adapter, 'unchecked', UncheckedFeedSession) },
  ];
  for (let round = 0; round < ROUNDS; round++) {
    // The first contestant of a round meets other caches than the second, so they take turns.
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const usage = await measureUsage(serverPid, async () => {
        for (let page = 0; page < PAGES_PER_ROUND; page++) {
          const first = (round * PAGES_PER_ROUND + page) * ROWS_PER_PAGE;
          const records = createRecords(first, ROWS_PER_PAGE);
          await contestant.lease.append({ ...NOTHING, records, cursor: String(first) });
        }
      });
      // The first rounds compile the code.
      if (round >= ROUNDS / 10) contestant.usage = addUsage(contestant.usage, usage);
    }
  }
  await adapter.close();
  const [checked = 0, unchecked = 1] = contestants.map(({ usage }) => sumCpuMs(usage));
  const ratio = checked / unchecked;
  const verdict = ratio <= MAX_RATIO ? 'met' : 'NOT MET';
  console.log(
    `${name}: append with / without the identity check ${ratio.toFixed(3)} of processor time (at most ${MAX_RATIO}: ${verdict}; ${Math.round(checked)} ms, ${Math.round(unchecked)} ms)`,
  );
}

function sumCpuMs({ ownCpuMs, databaseCpuMs }: Usage): number {
  return ownCpuMs + databaseCpuMs;
}

async function openLease(adapter: DatabaseAdapter, connector: string, Session: typeof OpenedFeed) {
  const store = await SqlStore.open(adapter);
  await store.feed(connector, 'transactions');
  const { id } = await adapter.reader
    .selectFrom('feeds')
    .select('id')
    .where('connector', '=', connector)
    .executeTakeFirstOrThrow();
  const feed = new Session(adapter, await openStoreIdentity(adapter), id, connector, 'transactions');
  const lease = await acquireLease(adapter, feed, getCurrentProcess(), LEASE_MS, () => adapter.currentTime);
  if (!lease) throw new Error('the lease of a new feed is not free');
  return lease;
}
