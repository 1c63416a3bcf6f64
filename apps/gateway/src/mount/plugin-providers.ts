import { FEED_READER, PSP_CLIENT, type FeedReader } from '@tributary/connector-api';
import type { Provider } from '@nestjs/common';
import type { ConnectorConfig } from '../config/settings/loaded-deployment.types.js';

/** Creates the Nest providers of a plugin: its settings, its own providers, the feed reader and the PSP client. */
export function createPluginProviders(
  { plugin, settings }: ConnectorConfig,
  feedReader: FeedReader,
): Provider[] {
  return [
    { provide: plugin.settings, useValue: settings },
    ...(plugin.providers ?? []),
    { provide: FEED_READER, useValue: feedReader },
    { provide: PSP_CLIENT, useClass: plugin.psp },
  ];
}
