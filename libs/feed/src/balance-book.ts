/** The last balances of each account, and the two promises clients need: `at` grows with every change, no asset disappears. */
import { formatTime, type ServedBalances, type WireBalances } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import type { Dialect } from './dialect.js';
import type { BalanceBook } from './feed.types.js';
import type { BalanceTable, Schema } from './schema.js';

type Observation = Omit<BalanceTable, 'connector' | 'account_id'>;

/** An unchanged amount is written again only after this long: accounts are asked for all the time. */
const REWRITE_AFTER = 60_000;

export function balanceBook(dialect: Dialect, connector: string): BalanceBook {
  return {
    latest: async (accountId) => {
      const row = await find(dialect.reader, connector, accountId);
      return row && served(accountId, row);
    },
    observe: (balances) => dialect.write((db) => recordObservation(db, connector, balances)),
  };
}

/** Inside a transaction. @returns what is to be served from now on. */
export async function recordObservation(
  db: Kysely<Schema>,
  connector: string,
  balances: WireBalances,
): Promise<ServedBalances> {
  const before = await find(db, connector, balances.accountId);
  const after = next(before, balances);
  if (
    !before ||
    after.amounts !== before.amounts ||
    after.observed_at >= before.observed_at + REWRITE_AFTER
  ) {
    await db
      .insertInto('balances')
      .values({ connector, account_id: balances.accountId, ...after })
      .onConflict((conflict) => conflict.columns(['connector', 'account_id']).doUpdateSet(after))
      .execute();
  }
  return served(balances.accountId, after);
}

/** An observation that is older than the last one changes nothing. */
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
): Promise<Observation | undefined> {
  return db
    .selectFrom('balances')
    .select(['observed_at', 'served_at', 'amounts'])
    .where('connector', '=', connector)
    .where('account_id', '=', accountId)
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
