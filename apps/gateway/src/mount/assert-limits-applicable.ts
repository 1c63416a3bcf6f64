/**
 * Rejects order limits for connectors that cannot pay. Whether a connector can pay may depend on its settings, so the check creates each
 * PSP client with its settings.
 */
import { PSP_CLIENT, type FeedReader, type PspClient } from '@tributary/connector-api';
import { NestFactory } from '@nestjs/core';
import { ConfigError, type ConnectorConfig, type Deployment, type ConfigProblem } from '../config/index.js';
import { canPay } from './can-pay.js';
import { createPluginProviders } from './plugin-providers.js';

const EMPTY_FEED_READER: FeedReader = { findLatest: () => Promise.resolve(new Map()) };

/**
 * Checks that each connector with order limits can pay.
 * @throws ConfigError with one problem for each `orders:` of a connector that cannot pay
 */
export async function assertLimitsApplicable({ file, connectors }: Deployment): Promise<void> {
  const problems: ConfigProblem[] = [];
  for (const connector of connectors) {
    // The constructor of a plugin may reject a placeholder, e.g. because it is no private key.
    if (connector.hasUnreadSettings === true) continue;
    if (connector.ordersLocation && !canPay(await createPspClient(connector))) {
      problems.push({ ...connector.ordersLocation, text: describeProblem(connector) });
    }
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
}

function describeProblem({ plugin }: ConnectorConfig): string {
  const withSettings = plugin.orders ? ' with these settings' : '';
  return (
    `found limits of orders, but the plugin ${plugin.name} makes neither payouts nor transfers${withSettings}; ` +
    `take them out${plugin.orders ? ', or set what makes it pay' : ''}`
  );
}

/** Creates the PSP client without calling the PSP. The constructor of a plugin has no side effects. */
async function createPspClient(connector: ConnectorConfig): Promise<PspClient> {
  class ProbeModule {}
  const module = { module: ProbeModule, providers: createPluginProviders(connector, EMPTY_FEED_READER) };
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  try {
    return context.get<PspClient>(PSP_CLIENT);
  } finally {
    await context.close();
  }
}
