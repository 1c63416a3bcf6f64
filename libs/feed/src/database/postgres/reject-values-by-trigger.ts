/** Creates triggers that reject values of a column. They prevent programs of an older release from writing to a store that was upgraded. */
import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.js';

/**
 * The SQLSTATE of a rejected write. Programs of older releases treat it as a database that is unavailable now, so they answer an order with
 * 503.
 */
const SQLSTATE = '55P03';

/**
 * Creates the triggers. The trigger for updates runs once for each statement whose `set` contains the column, even if the statement finds
 * no row.
 */
export async function rejectColumnValues(
  db: Kysely<Schema>,
  table: string,
  column: string,
  message: string,
): Promise<void> {
  const name = `reject_${table}_${column}`;
  const raise = `begin raise exception using errcode = '${SQLSTATE}', message = '${message.replaceAll("'", "''")}'; end`;
  await sql`create or replace function ${sql.raw(name)}() returns trigger language plpgsql as ${sql.lit(raise)}`.execute(
    db,
  );
  const execute = sql`execute function ${sql.raw(name)}()`;
  await sql`create trigger ${sql.raw(`${name}_insert`)} before insert on ${sql.table(table)}
    for each row when (new.${sql.ref(column)} is not null) ${execute}`.execute(db);
  await sql`create trigger ${sql.raw(`${name}_update`)} before update of ${sql.ref(column)} on ${sql.table(table)}
    for each statement ${execute}`.execute(db);
}
