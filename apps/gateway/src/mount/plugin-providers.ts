import { MIRROR, PSP, type Mirror } from '@tributary/connector-api';
import type { Provider } from '@nestjs/common';
import type { ConnectorConfig } from '../config/deployment.js';

/** Creates the Nest providers of a plugin: its settings, its own providers, the feed reader and the PSP client. */
export function pluginProviders({ plugin, settings }: ConnectorConfig, mirror: Mirror): Provider[] {
  return [
    { provide: plugin.settings, useValue: settings },
    ...(plugin.providers ?? []),
    { provide: MIRROR, useValue: mirror },
    { provide: PSP, useClass: plugin.psp },
  ];
}
