/** Tells to which plugin and which account at the PSP a connector belongs. */
import type { ConnectorIdentity } from '@tributary/feed';
import type { ConnectorConfig } from '../config/settings/deployment.js';

export function toConnectorIdentity({ path, plugin, settings }: ConnectorConfig): ConnectorIdentity {
  return { path, plugin: plugin.name, account: plugin.identifyAccount?.(settings) };
}
