/** Stores the last balances of each account. It guarantees to clients that `at` increases with every change and no asset disappears. */
import { formatTime, type ServedBalances, type WireBalances } from '@tributary/connector-api';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Dialect } from './dialect.js';
import type { BalanceBook } from './feed.types.js';
import type { BalanceTable, Schema } from './schema.js';

type Observation = Omit<BalanceTable, 'connector' | 'account_id'>;

/** Minimum time in ms between two writes of unchanged amounts, because balances are observed very often. */
const REWRITE_AFTER = 60_000;

export function balanceBook(dialect: Dialect, connector: string): BalanceBook {
  return {
    latest: async (accountId) => {
      const row = await find(dialect.reader, connector, accountId);
      return row && served(accountId, row);
    },
    observe: (balances) => dialect.write((db) => recordObservation(db, dialect, connector, balances)),
  };
}

/** Stores an observation. Must run inside a transaction. @returns the balances to serve from now on */
export async function recordObservation(
  db: Kysely<Schema>,
  dialect: Dialect,
  connector: string,
  balances: WireBalances,
): Promise<ServedBalances> {
  const { accountId } = balances;
  const locked = () => find(db, connector, accountId, dialect.forUpdate);
  const before = (await locked()) ?? (await recordFirst(db, connector, balances)) ?? (await locked());
  if (!before) throw new Error(`the balances of ${connector}/${accountId} were written and cannot be found`);
  const after = next(before, balances);
  if (after.amounts !== before.amounts || after.observed_at >= before.observed_at + REWRITE_AFTER) {
    await db
      .updateTable('balances')
      .set(after)
      .where('connector', '=', connector)
      .where('account_id', '=', accountId)
      .execute();
  }
  return served(accountId, after);
}

/** Inserts the first observation of an account. @returns `undefined` when another transaction inserted it first */
async function recordFirst(
  db: Kysely<Schema>,
  connector: string,
  balances: WireBalances,
): Promise<Observation | undefined> {
  return db
    .insertInto('balances')
    .values({ connector, account_id: balances.accountId, ...next(undefined, balances) })
    .onConflict((conflict) => conflict.columns(['connector', 'account_id']).doNothing())
    .returning(['observed_at', 'served_at', 'amounts'])
    .executeTakeFirst();
}

/** Merges an observation into the stored one. An observation that is older than the stored one changes nothing. */
function next(before: Observation | undefined, { at, amounts }: WireBalances): Observation {
  if (before && at < before.observed_at) return before;
  const merged = new Map(amounts);
  for (const asset of Object.keys(before ? (JSON.parse(before.amounts) as object) : {})) {
    if (!merged.has(asset)) merged.set(asset, 0n);
  }
  const text = JSON.stringify(
    Object.fromEntries(
      [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([asset, amount]) => [asset, amount.toString()]),
    ),
  );
  const grown = !before || text === before.amounts ? (before?.served_at ?? at) : before.served_at + 1;
  return { observed_at: at, served_at: Math.max(at, grown), amounts: text };
}

async function find(
  db: Kysely<Schema>,
  connector: string,
  accountId: string,
  lock: RawBuilder<unknown> = sql``,
): Promise<Observation | undefined> {
  return db
    .selectFrom('balances')
    .select(['observed_at', 'served_at', 'amounts'])
    .where('connector', '=', connector)
    .where('account_id', '=', accountId)
    .modifyEnd(lock)
    .executeTakeFirst();
}

function served(accountId: string, { served_at, amounts }: Observation): ServedBalances {
  return {
    id: accountId,
    accountID: accountId,
    at: formatTime(served_at),
    balances: Object.entries(JSON.parse(amounts) as Record<string, string>).map(([currency, amount]) => ({
      amount,
      currency,
    })),
  };
}
