/**
 * Compares the items that have an equal key, in the database. Most groups consist of one row and one booking with the same amount. The
 * database recognises such a group by comparing texts, and returns only the numbers of its items. So a run reads the content of few items.
 */
import { sql } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { ItemCuts, KeyGroupBatch } from '../types/reconciliation.types.js';
import { existsAtCuts } from './item-cut-condition.js';

interface BatchRow {
  last_key: string | null;
  /** The numbers of all paired items, separated by commas. */
  pairs: string | null;
  /** A JSON array. */
  other_keys: string | null;
}

/**
 * Compares the items of the next keys of a rule.
 * @param afterKey last key of the batch before; `undefined` for the first batch
 * @param limit maximum number of keys
 * @returns `undefined` when there are no further keys
 */
export async function compareKeyGroups(
  adapter: DatabaseAdapter,
  policyId: string,
  rule: number,
  cuts: ItemCuts,
  afterKey: string | undefined,
  limit: number,
): Promise<KeyGroupBatch | undefined> {
  const after = afterKey === undefined ? sql`` : sql`and k.key > ${afterKey}`;
  const { rows } = await sql<BatchRow>`
    select max(key) as last_key,
      string_agg(case when is_pair = 1 then first_number || ',' || last_number end, ',') as pairs,
      cast(${adapter.jsonArrayFunction}(key) filter (where is_pair = 0) as text) as other_keys
    from (
      select k.key as key, min(k.number) as first_number, max(k.number) as last_number,
        case when count(*) = 2 and min(i.side) <> max(i.side) and min(i.amount) = max(i.amount)
          and min(i.account) = max(i.account) and min(i.asset) = max(i.asset)
          and min(i.state) = 'moved' and max(i.state) = 'moved' then 1 else 0 end as is_pair
      from reconciliation_keys k
      ${adapter.lookupJoin('reconciliation_items', 'i', { policy_id: 'k.policy_id', number: 'k.number' })}
      where k.policy_id = ${policyId} and k.rule = ${rule} ${after} and ${existsAtCuts(cuts)}
      group by k.key order by k.key limit ${limit}
    ) as key_groups`.execute(adapter.reader);
  const [row] = rows;
  if (!row || row.last_key === null) return undefined;
  return {
    lastKey: row.last_key,
    pairedNumbers: row.pairs === null ? [] : row.pairs.split(',').map(Number),
    otherKeys: JSON.parse(row.other_keys ?? '[]') as string[],
  };
}
