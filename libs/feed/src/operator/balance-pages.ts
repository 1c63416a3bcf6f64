/** Reads the last observed balances of accounts page by page. */
import { sql } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
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
  return rows.map(({ connector, account_id, observed_at, amounts }) => ({
    ...{ connector, accountId: account_id, observedAt: observed_at },
    amounts: new Map(
      Object.entries(JSON.parse(amounts) as Record<string, string>).map(([asset, amount]) => [
        asset,
        BigInt(amount),
      ]),
    ),
  }));
}
