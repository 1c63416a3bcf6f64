/**
 * Summarizes the items that have an equal key, in the database. Most groups consist of one row and one booking with the same amount. The
 * database recognises such a group by comparing texts, so that a run need not read the content of its items. The database adds up no
 * amounts.
 */
import { sql, type RawBuilder } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { ItemCuts, KeyGroupSummary } from '../types/reconciliation.types.js';

interface GroupRow {
  key: string;
  first: number;
  last: number;
  is_pair: number;
  account: string;
  asset: string;
  amount: string;
}

/**
 * Returns summaries of the next groups, sorted by key.
 * @param afterKey key of the last group before; `undefined` for the first groups
 */
export async function summarizeKeyGroups(
  adapter: DatabaseAdapter,
  policyId: string,
  rule: number,
  cuts: ItemCuts,
  afterKey: string | undefined,
  limit: number,
): Promise<KeyGroupSummary[]> {
  const after = afterKey === undefined ? sql`` : sql`and k.key > ${afterKey}`;
  const { rows } = await sql<GroupRow>`
    select k.key as key, min(k.number) as first, max(k.number) as last,
      case when count(*) = 2 and min(i.side) <> max(i.side) and min(i.amount) = max(i.amount)
        and min(i.account) = max(i.account) and min(i.asset) = max(i.asset)
        and min(i.state) = 'moved' and max(i.state) = 'moved' then 1 else 0 end as is_pair,
      min(i.account) as account, min(i.asset) as asset, min(i.amount) as amount
    from reconciliation_keys k
    ${adapter.lookupJoin('reconciliation_items', 'i', { policy_id: 'k.policy_id', number: 'k.number' })}
    where k.policy_id = ${policyId} and k.rule = ${rule} ${after} and ${existsAtCuts(cuts)}
    group by k.key order by k.key limit ${limit}`.execute(adapter.reader);
  return rows.map(({ key, first, last, is_pair, account, asset, amount }) => ({
    ...{ key, first, last },
    pair: is_pair === 1 ? { account, asset, amount: BigInt(amount) } : undefined,
  }));
}

/**
 * Builds the condition that an item `i` exists at the cuts (the positions at which a run stops reading its sources). An item exists if its
 * version was created before the cut, and no later version replaced it before the cut.
 */
function existsAtCuts({ feeds, ledger }: ItemCuts): RawBuilder<unknown> {
  const branches = Object.entries(feeds).map(
    ([connector, seq]) => sql`when i.source = ${connector} then ${toInteger(seq)}`,
  );
  const cut = sql`case when i.side = 'ledger' then ${toInteger(ledger)} ${sql.join(branches, sql` `)} else 0 end`;
  return sql`i.since_position <= ${cut} and (i.until_position is null or i.until_position > ${cut})`;
}

/** Passes a number as a parameter with a type. Without the type, PostgreSQL would treat the parameter as text inside of `case`. */
function toInteger(value: number): RawBuilder<number> {
  return sql`cast(${value} as bigint)`;
}
