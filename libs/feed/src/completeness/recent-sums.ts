/**
 * Recent sums: the sums of accounts that the last appends changed, as JSON in the row of their feed. Every append writes this row anyway,
 * and one longer value costs much less than a row of `account_sums` for each account. A recent sum replaces the sum of the same account and
 * asset in `account_sums`. When there are too many recent sums, or when a completeness check is stored, all recent sums are moved to
 * `account_sums`.
 */
import type { AccountTotalRow, FeedUpdate } from '../database/database-adapter.js';
import type { AccountSum } from '../types/completeness.types.js';
import type { StoredSums } from './stored-sums.js';
import { INITIAL_ACCOUNT_CHECK } from './account-sum-row.js';
import { toAccountAssetKey } from './to-account-asset-key.js';

/**
 * The maximum length of the JSON. PostgreSQL compresses a row of more than 2 kB and stores long values in another table, which would cost
 * more than the rows of `account_sums`.
 */
const MAX_JSON_LENGTH = 1_500;

type RecentSumJson = [accountId: string, asset: string, total: string, afterSuspect: string];

/** @param json value of the column `feeds.recent_sums` */
export function parseRecentSums(json: string | null): AccountTotalRow[] {
  if (json === null) return [];
  const entries = JSON.parse(json) as RecentSumJson[];
  return entries.map(([account_id, asset, total, after_suspect]) => ({
    ...{ account_id, asset, total, after_suspect },
  }));
}

/** Returns sums from the table `account_sums`, in which the recent sums of the same accounts replace the older sums. */
export function replaceByRecentSums(
  { accountIds, sums }: StoredSums,
  recent: readonly AccountTotalRow[],
): StoredSums {
  const ofAccounts = recent.filter(({ account_id }) => accountIds.has(account_id));
  if (ofAccounts.length === 0) return { accountIds, sums };
  const replaced = new Map(sums);
  for (const row of ofAccounts) {
    const key = toAccountAssetKey(row.account_id, row.asset);
    replaced.set(key, toRecentSum(row, sums.get(key)));
  }
  return { accountIds, sums: replaced };
}

function toRecentSum(
  { account_id, asset, total, after_suspect }: AccountTotalRow,
  stored: AccountSum | undefined,
): AccountSum {
  const check = stored?.check ?? INITIAL_ACCOUNT_CHECK;
  const suspect = check.suspect && { ...check.suspect, after: BigInt(after_suspect) };
  return { accountId: account_id, asset, total: BigInt(total), check: { ...check, suspect } };
}

/** The writes that store changed sums: columns of the feed, and rows of `account_sums`. */
export interface SumWrites {
  changes: Pick<FeedUpdate, 'recent_sums'>;
  totals: readonly AccountTotalRow[];
}

/**
 * Decides where changed sums are stored.
 * @param recent the recent sums before the change
 */
export function planSumWrites(
  recent: readonly AccountTotalRow[],
  changed: readonly AccountTotalRow[],
): SumWrites {
  if (changed.length === 0) return { changes: {}, totals: [] };
  const merged = new Map<string, AccountTotalRow>();
  for (const row of recent) merged.set(toAccountAssetKey(row.account_id, row.asset), row);
  for (const row of changed) merged.set(toAccountAssetKey(row.account_id, row.asset), row);
  const rows = [...merged.values()];
  const json = JSON.stringify(
    rows.map(({ account_id, asset, total, after_suspect }): RecentSumJson => [
      account_id,
      asset,
      total,
      after_suspect,
    ]),
  );
  if (json.length <= MAX_JSON_LENGTH) return { changes: { recent_sums: json }, totals: [] };
  return { changes: recent.length > 0 ? { recent_sums: null } : {}, totals: rows };
}
