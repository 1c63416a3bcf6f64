/** Stores the last balances of each account. It guarantees to clients that `at` increases with every change and no asset disappears. */
import { formatTime, type ServedBalances, type ValidatedBalances } from '@tributary/connector-api';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { BalanceRepository } from '../types/store.types.js';
import type { BalanceTable, Schema } from '../database/schema.js';

type Observation = Omit<BalanceTable, 'connector' | 'account_id'>;

/** Minimum time in ms between two writes of unchanged amounts, because balances are observed very often. */
const MIN_REWRITE_INTERVAL_MS = 60_000;

export function createBalanceRepository(adapter: DatabaseAdapter, connector: string): BalanceRepository {
  return {
    findLatest: async (accountId) => {
      const row = await findObservation(adapter.reader, connector, accountId);
      return row && toServedBalances(accountId, row);
    },
    findLatestOfAccounts: async (accountIds) => {
      if (accountIds.length === 0) return new Map();
      const rows = await adapter.reader
        .selectFrom('balances')
        .select(['account_id', 'observed_at', 'served_at', 'amounts'])
        .where('connector', '=', connector)
        .where(adapter.inArray('account_id', accountIds))
        .execute();
      return new Map(rows.map((row) => [row.account_id, toServedBalances(row.account_id, row)]));
    },
    recordObservation: (balances) =>
      adapter.transaction((db) => applyObservation(db, adapter, connector, balances)),
  };
}

/** Stores an observation. Must run inside a transaction. @returns the balances to serve from now on */
export async function applyObservation(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  connector: string,
  balances: ValidatedBalances,
): Promise<ServedBalances> {
  const { accountId } = balances;
  const locked = () => findObservation(db, connector, accountId, adapter.forUpdate);
  const before = (await locked()) ?? (await insertFirst(db, connector, balances)) ?? (await locked());
  if (!before) throw new Error(`the balances of ${connector}/${accountId} were written and cannot be found`);
  const after = mergeObservation(before, balances);
  if (after.amounts !== before.amounts || after.observed_at >= before.observed_at + MIN_REWRITE_INTERVAL_MS) {
    await db
      .updateTable('balances')
      .set(after)
      .where('connector', '=', connector)
      .where('account_id', '=', accountId)
      .execute();
  }
  return toServedBalances(accountId, after);
}

/** Inserts the first observation of an account. @returns `undefined` when another transaction inserted it first */
async function insertFirst(
  db: Kysely<Schema>,
  connector: string,
  balances: ValidatedBalances,
): Promise<Observation | undefined> {
  return db
    .insertInto('balances')
    .values({ connector, account_id: balances.accountId, ...mergeObservation(undefined, balances) })
    .onConflict((conflict) => conflict.columns(['connector', 'account_id']).doNothing())
    .returning(['observed_at', 'served_at', 'amounts'])
    .executeTakeFirst();
}

/** Merges an observation into the stored one. An observation that is older than the stored one changes nothing. */
function mergeObservation(before: Observation | undefined, { at, amounts }: ValidatedBalances): Observation {
  if (before && at < before.observed_at) return before;
  const merged = new Map(amounts);
  for (const asset of Object.keys(before ? (JSON.parse(before.amounts) as object) : {})) {
    if (!merged.has(asset)) merged.set(asset, 0n);
  }
  const amountsJson = JSON.stringify(
    Object.fromEntries(
      [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([asset, amount]) => [asset, amount.toString()]),
    ),
  );
  const earliestServedAt =
    !before || amountsJson === before.amounts ? (before?.served_at ?? at) : before.served_at + 1;
  return { observed_at: at, served_at: Math.max(at, earliestServedAt), amounts: amountsJson };
}

async function findObservation(
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

function toServedBalances(accountId: string, { served_at, amounts }: Observation): ServedBalances {
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
