/** The baseline of reconciliation: one SQL statement that joins rows and bookings with equal key, account, asset and amount. */
import Database from 'better-sqlite3';
import pg from 'pg';
import { measureUsage, type Usage } from './cpu-usage.js';

const JOIN = `select count(*) as pairs
  from reconciliation_keys pk
  join reconciliation_items p on p.policy_id = pk.policy_id and p.number = pk.number and p.side = 'psp'
  join reconciliation_keys lk on lk.policy_id = pk.policy_id and lk.rule = pk.rule and lk.key = pk.key
  join reconciliation_items l on l.policy_id = lk.policy_id and l.number = lk.number and l.side = 'ledger'
  where pk.rule = 0 and p.account = l.account and p.asset = l.asset and p.amount = l.amount`;

/**
 * Measures the join.
 * @param expectedPairs the expected number of pairs
 * @throws Error if the join finds another number of pairs, because it would then measure another case
 */
export async function measureItemJoin(
  storeUrl: string,
  serverPid: number | undefined,
  expectedPairs: number,
): Promise<Usage> {
  const join = storeUrl.startsWith('sqlite:') ? openSqlite(storeUrl) : await openPostgres(storeUrl);
  let pairs = 0;
  const usage = await measureUsage(serverPid, async () => {
    pairs = await join.count();
  });
  await join.close();
  if (pairs !== expectedPairs) throw new Error(`the join found ${pairs} pairs; expected ${expectedPairs}`);
  return usage;
}

function openSqlite(url: string) {
  const db = new Database(url.slice('sqlite:'.length));
  db.pragma('cache_size = -32768');
  return {
    count: async () => db.prepare(JOIN).pluck().get() as number,
    close: async () => void db.close(),
  };
}

async function openPostgres(url: string) {
  const client = new pg.Client(url);
  await client.connect();
  // Without statistics about the new rows, PostgreSQL chooses a query plan that takes minutes.
  await client.query('analyze');
  return {
    count: async () => Number((await client.query<{ pairs: string }>(JOIN)).rows[0]?.pairs),
    close: () => client.end(),
  };
}
