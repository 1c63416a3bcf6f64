/**
 * Stores the name of the deployment to which the store belongs. If two deployment files use one store by mistake, the second one is
 * rejected. Otherwise a gateway would not pull the connectors that only the other file has, and orders could wait for a gateway that does
 * not have their connector.
 */
import type { Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { DeploymentConflictError } from '../database/store-errors.js';
import type { DeploymentIdentity } from '../types/store.types.js';
import { areConnectorsRegistered, registerConnectors } from './connector-registry.js';
import { isRetired } from './retired-paths.js';

/**
 * Registers the connectors of a deployment, and the name of the deployment if the store has none. If the function throws, nothing was
 * written.
 * @throws DeploymentConflictError when the store belongs to another deployment
 * @throws ConnectorConflictError when a connector belongs to another plugin or account
 */
export async function registerDeployment(
  adapter: DatabaseAdapter,
  deployment: DeploymentIdentity,
): Promise<void> {
  const { name, connectors } = deployment;
  const stored = await adapter.reader.selectFrom('store_identity').select('deployment').executeTakeFirst();
  // Usually the name and all connectors are already registered, so no write is needed.
  if (stored?.deployment === (name ?? null) && (await areConnectorsRegistered(adapter, connectors))) return;
  await adapter.durableTransaction(async (db) => {
    await assertSameDeployment(db, deployment);
    if (name !== undefined) await writeName(db, name);
    await registerConnectors(db, adapter, connectors);
  });
}

/**
 * Assigns the store to a deployment. If the function throws, nothing was written.
 * @throws ConnectorConflictError when a connector belongs to another plugin or account
 */
export async function adoptDeployment(
  adapter: DatabaseAdapter,
  { name, connectors }: DeploymentIdentity,
): Promise<void> {
  await adapter.durableTransaction(async (db) => {
    await writeName(db, name ?? null);
    await registerConnectors(db, adapter, connectors);
  });
}

/**
 * Checks that the store has the name of this deployment, or no name.
 * @throws DeploymentConflictError when the store belongs to another deployment
 */
export async function assertDeploymentName(db: Kysely<Schema>, name: string | undefined): Promise<void> {
  const { deployment } = await db.selectFrom('store_identity').select('deployment').executeTakeFirstOrThrow();
  if (deployment !== null && deployment !== name) throw createNameConflict(deployment, name);
}

function createNameConflict(storedName: string, name: string | undefined): DeploymentConflictError {
  return new DeploymentConflictError(`the store belongs to the deployment "${storedName}"`, name);
}

async function writeName(db: Kysely<Schema>, deployment: string | null): Promise<void> {
  await db.updateTable('store_identity').set({ deployment }).execute();
}

/**
 * Checks that the store belongs to this deployment, and locks the name until the commit. So if two deployments start at the same time, the
 * second deployment is rejected.
 * @throws DeploymentConflictError when the store belongs to another deployment
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
    throw createNameConflict(storedName, name);
  }
  // A store without a name belongs to every deployment file that contains at least one of the store's connectors.
  const stored = await db
    .selectFrom('connectors')
    .select(['connector', 'plugin'])
    .orderBy('connector')
    .execute();
  const rows = stored.filter((row) => !isRetired(row));
  const paths = new Set(connectors.map(({ path }) => path));
  const [first] = rows;
  if (first === undefined || paths.size === 0 || rows.some(({ connector }) => paths.has(connector))) return;
  const known = rows.length === 1 ? first.connector : `${first.connector} and ${rows.length - 1} more`;
  throw new DeploymentConflictError(
    `the store belongs to a deployment with other connectors (${known}), and the file has none of them`,
    name,
  );
}
