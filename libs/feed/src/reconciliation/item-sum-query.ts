/**
 * Adds up the amounts of items in the database, in batches. The amounts are stored as texts of any length. The
 * number of items in a batch is limited, so the sum of the short amounts of a batch fits into 64 bits. The database returns each longer
 * amount separately, and this process adds them as `bigint`.
 */
import { sql } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { ItemCuts, ItemSum } from '../types/reconciliation.types.js';
import { existsAtCuts } from './item-cut-condition.js';

/** The number of items of a batch. It times the largest short amount is below 2^63. */
const BATCH_ITEMS = 50_000;
/** The maximum length of an amount, with its sign, that the database adds. */
const MAX_ADDED_LENGTH = 14;

interface SumRow {
  side: ItemSum['side'];
  account: string;
  asset: string;
  items: number;
  /** The sum of the short amounts; `null` for a row of long amounts. */
  total: string | null;
  /** The long amount that all items of this row have; `null` for a row of short amounts. */
  long_amount: string | null;
}

/**
 * Returns the sums of the items that moved money and exist at the cuts, by side, account and asset.
 * @param count number of items of the policy
 */
export async function sumItems(
  adapter: DatabaseAdapter,
  policyId: string,
  cuts: ItemCuts,
  count: number,
): Promise<ItemSum[]> {
  const sums = new Map<string, ItemSum>();
  for (let first = 0; first < count; first += BATCH_ITEMS)
    for (const { side, account, asset, items, total, long_amount } of await readBatch(
      adapter,
      policyId,
      cuts,
      first,
    )) {
      const key = JSON.stringify([side, account, asset]);
      const sum = sums.get(key) ?? { side, account, asset, items: 0, amount: 0n };
      sums.set(key, sum);
      sum.items += items;
      sum.amount += long_amount === null ? BigInt(total ?? 0) : BigInt(long_amount) * BigInt(items);
    }
  return [...sums.values()];
}

async function readBatch(
  adapter: DatabaseAdapter,
  policyId: string,
  cuts: ItemCuts,
  first: number,
): Promise<SumRow[]> {
  const isShort = sql`length(i.amount) <= ${sql.lit(MAX_ADDED_LENGTH)}`;
  const { rows } = await sql<SumRow>`
    select side, account, asset, long_amount, count(*) as items, cast(sum(short_amount) as text) as total
    from (
      select i.side, i.account, i.asset,
        case when ${isShort} then cast(i.amount as bigint) end as short_amount,
        case when ${isShort} then null else i.amount end as long_amount
      from reconciliation_items i
      where i.policy_id = ${policyId} and i.number >= ${first} and i.number < ${first + BATCH_ITEMS}
        and i.state in ('moved', 'reversal') and ${existsAtCuts(cuts)}
    ) as amounts
    group by side, account, asset, long_amount`.execute(adapter.reader);
  return rows;
}
