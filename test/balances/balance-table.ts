/**
 * Simulates the table of balances in Formance Payments. For each account and asset, the table has rows with a begin and an end. Formance
 * takes both times from the `at` of the responses. Source: v3.4.0 `internal/storage/balances.go` (insertBalances; BalancesGetAt and the
 * balances of pools at a time).
 */
import type { ServedBalances } from '@tributary/connector-api';

interface BalanceRow {
  balance: bigint;
  createdAt: number;
  lastUpdatedAt: number;
}

export class BalanceTable {
  /** The rows by account, and then by asset, oldest first. */
  private readonly accounts = new Map<string, Map<string, BalanceRow[]>>();

  /** Stores the balances of a response, in the same way as Formance. */
  store({ accountID, at, balances }: ServedBalances): void {
    const assets = this.accounts.get(accountID) ?? new Map<string, BalanceRow[]>();
    this.accounts.set(accountID, assets);
    for (const { amount, currency } of balances) {
      const rows = assets.get(currency) ?? [];
      assets.set(currency, rows);
      insert(rows, BigInt(amount), Date.parse(at));
    }
  }

  /** Returns the balances of an account at a time. If an asset has no row for this time, it is absent from the result. */
  balancesAt(accountId: string, time: number): Record<string, bigint> {
    const assets = [...(this.accounts.get(accountId) ?? [])];
    return Object.fromEntries(
      assets.flatMap(([asset, rows]) => {
        const row = rows.findLast(
          ({ createdAt, lastUpdatedAt }) => createdAt <= time && time <= lastUpdatedAt,
        );
        return row ? [[asset, row.balance]] : [];
      }),
    );
  }

  /**
   * Returns the sum of a pool's accounts at a time, as reconciliation uses it. If an account has no row for this time, it is not part of
   * the sum.
   */
  poolAt(accountIds: readonly string[], asset: string, time: number): bigint {
    return accountIds.reduce((sum, id) => sum + (this.balancesAt(id, time)[asset] ?? 0n), 0n);
  }
}

function insert(rows: BalanceRow[], balance: bigint, at: number): void {
  const newest = rows.at(-1);
  if (newest && at < newest.createdAt) return;
  if (newest?.balance === balance) {
    newest.lastUpdatedAt = at;
    return;
  }
  if (newest) newest.lastUpdatedAt = at;
  rows.push({ balance, createdAt: at, lastUpdatedAt: at });
}
