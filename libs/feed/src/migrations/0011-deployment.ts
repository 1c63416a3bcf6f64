import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the column with the name of the deployment to which the store belongs. */
export async function addDeploymentColumn(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema.alterTable('store_identity').addColumn('deployment', types.text).execute();
}
