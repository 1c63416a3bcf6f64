/** Builds the SQL condition that selects the items of a run. */
import { sql, type RawBuilder } from 'kysely';
import type { ItemCuts } from '../types/reconciliation.types.js';

/**
 * Builds the condition that an item `i` exists at the cuts (the positions at which a run stops reading its sources). An item exists if its
 * version was created before the cut, and no later version replaced it before the cut.
 */
export function existsAtCuts({ feeds, ledger }: ItemCuts): RawBuilder<unknown> {
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
