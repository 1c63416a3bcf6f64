/**
 * Remembers to which deployment the store belongs. Without it, two deployment files could use one store by mistake: a connector that only one
 * of them has would never be pulled by the other's gateways, and orders would wait for a gateway that does not know their connector.
 */
import type { Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { DeploymentConflictError } from '../database/store-errors.js';
import type { DeploymentIdentity } from '../types/store.types.js';
import { areConnectorsRegistered, writeConnectors } from './connector-registry.js';

/**
 * Registers the connectors of a deployment, and its name if the store has none.
 * @throws DeploymentConflictError when the store belongs to another deployment
 * @throws ConnectorConflictError when a connector belongs to another plugin or account; in both cases nothing was written
 */
export async function registerDeployment(
  adapter: DatabaseAdapter,
  deployment: DeploymentIdentity,
): Promise<void> {
  const { name, connectors } = deployment;
  const stored = await adapter.reader.selectFrom('store_identity').select('deployment').executeTakeFirst();
  // Most starts find everything registered, and need no write.
  if (stored?.deployment === (name ?? null) && (await areConnectorsRegistered(adapter, connectors))) return;
  await adapter.durableTransaction(async (db) => {
    await assertSameDeployment(db, deployment);
    if (name !== undefined) await writeName(db, name);
    await writeConnectors(db, adapter, connectors);
  });
}

/**
 * Makes the store belong to a deployment.
 * @throws ConnectorConflictError when a connector belongs to another plugin or account; then nothing was written
 */
export async function adoptDeployment(
  adapter: DatabaseAdapter,
  { name, connectors }: DeploymentIdentity,
): Promise<void> {
  await adapter.durableTransaction(async (db) => {
    await writeName(db, name ?? null);
    await writeConnectors(db, adapter, connectors);
  });
}

async function writeName(db: Kysely<Schema>, deployment: string | null): Promise<void> {
  await db.updateTable('store_identity').set({ deployment }).execute();
}

/**
 * Locks the name until the commit, so that of two deployments that start at the same time one is refused.
 * @throws DeploymentConflictError
 */
async function assertSameDeployment(
  db: Kysely<Schema>,
  { name, connectors }: DeploymentIdentity,
): Promise<void> {
  const { deployment: storedName } = await db
    .updateTable('store_identity')
    .set((eb) => ({ deployment: eb.ref('deployment') }))
    .returning('deployment')
    .executeTakeFirstOrThrow();
  if (storedName !== null) {
    if (storedName === name) return;
    throw new DeploymentConflictError(`the store belongs to the deployment "${storedName}"`, name);
  }
  // A store without a name belongs to each deployment file that has one of its connectors.
  const rows = await db.selectFrom('connectors').select('connector').orderBy('connector').execute();
  const paths = new Set(connectors.map(({ path }) => path));
  const [first] = rows;
  if (first === undefined || paths.size === 0 || rows.some(({ connector }) => paths.has(connector))) return;
  const known = rows.length === 1 ? first.connector : `${first.connector} and ${rows.length - 1} more`;
  throw new DeploymentConflictError(
    `the store belongs to a deployment with other connectors (${known}), and the file has none of them`,
    name,
  );
}
