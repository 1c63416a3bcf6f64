/** Assigns a store to another deployment. The command `tributary store adopt` uses it. */
import { adoptDeployment } from '../connectors/deployment-registry.js';
import type { StoreLocation } from '../store/open-store.js';
import type { DeploymentIdentity } from '../types/store.types.js';
import { withIdleStore } from './with-idle-store.js';

/**
 * Writes the name of the deployment, and registers its connectors.
 * @throws Error when a gateway uses the store
 * @throws ConnectorConflictError when a connector belongs to another plugin or account
 */
export async function adoptStore(
  location: string | StoreLocation,
  deployment: DeploymentIdentity,
): Promise<void> {
  await withIdleStore(location, (adapter) => adoptDeployment(adapter, deployment));
}
