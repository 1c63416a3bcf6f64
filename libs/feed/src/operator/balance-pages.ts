/** Reads the last observed balances of accounts, and the balances of earlier days, page by page. */
import { sql } from 'kysely';
import { readBalanceHistory } from '../balances/balance-history.js';
import { parseAmounts } from '../balances/stored-amounts.js';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { BalanceTable } from '../database/schema.js';
import type { AccountBalances, BalancePosition } from '../types/operator.types.js';

export async function listBalancePage(
  adapter: DatabaseAdapter,
  connectors: readonly string[],
  after: BalancePosition | undefined,
  limit: number,
): Promise<AccountBalances[]> {
  if (connectors.length === 0) return [];
  const rows = await adapter.reader
    .selectFrom('balances')
    .select(['connector', 'account_id', 'observed_at', 'amounts'])
    .where(adapter.inArray('connector', connectors))
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(connector, account_id) > (${after?.connector}, ${after?.accountId})`),
    )
    .orderBy('connector')
    .orderBy('account_id')
    .limit(limit)
    .execute();
  return rows.map(({ connector, account_id, ...balances }) =>
    toAccountBalances({ connector, accountId: account_id }, balances),
  );
}

export async function listBalanceHistoryPage(
  { reader }: DatabaseAdapter,
  account: BalancePosition,
  beforeMs: number | undefined,
  limit: number,
): Promise<AccountBalances[]> {
  const days = await readBalanceHistory(reader, account, beforeMs, limit);
  return days.map((balances) => toAccountBalances(account, balances));
}

function toAccountBalances(
  { connector, accountId }: BalancePosition,
  { observed_at, amounts }: Pick<BalanceTable, 'observed_at' | 'amounts'>,
): AccountBalances {
  return {
    ...{ connector, accountId, observedAt: observed_at },
    amounts: new Map(Array.from(parseAmounts(amounts), ([asset, amount]) => [asset, BigInt(amount)])),
  };
}
