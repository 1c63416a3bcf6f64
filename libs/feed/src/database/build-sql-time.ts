/** Builds an SQL expression for a time that is relative to now. */
import { sql, type RawBuilder } from 'kysely';
import type { CurrentTimeExpression } from './database-adapter.js';

/** Returns the SQL expression for the time `delayMs` milliseconds from now. */
export function buildSqlTimeFromNow(clock: CurrentTimeExpression, delayMs: number): RawBuilder<number> {
  return sql<number>`${clock()} + cast(${delayMs} as bigint)`;
}
