/** Assigns a connector of a store to another plugin or account. The commands `tributary connectors adopt` and `reset` use it. */
import { replaceConnectorIdentity } from '../connectors/connector-registry.js';
import type { StoreLocation } from '../store/open-store.js';
import type { ConnectorIdentity } from '../types/store.types.js';
import { withIdleStore } from './with-idle-store.js';

/**
 * Stores the new plugin and account of the connector.
 * @param forgetsCursors true if everything is pulled again from the beginning
 * @throws Error when a gateway uses the store, because the gateway would continue with the former plugin
 */
export async function adoptConnector(
  location: string | StoreLocation,
  connector: ConnectorIdentity,
  forgetsCursors: boolean,
): Promise<void> {
  await withIdleStore(location, (adapter) => replaceConnectorIdentity(adapter, connector, forgetsCursors));
}
