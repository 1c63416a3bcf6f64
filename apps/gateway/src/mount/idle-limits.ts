/** Rejects order limits of connectors that cannot pay. Settings can decide that, so the check creates each PSP client with them. */
import { PSP, type Mirror, type Psp } from '@tributary/connector-api';
import { NestFactory } from '@nestjs/core';
import { ConfigError, type ConnectorConfig, type Deployment, type Problem } from '../config/index.js';
import { pays } from './pays.js';
import { pluginProviders } from './plugin-providers.js';

const EMPTY_MIRROR: Mirror = { latest: () => Promise.resolve(new Map()) };

/**
 * Checks that each connector with order limits can pay.
 * @throws ConfigError with one problem for each `orders:` of a connector that cannot pay
 */
export async function refuseIdleLimits({ file, connectors }: Deployment): Promise<void> {
  const problems: Problem[] = [];
  for (const connector of connectors) {
    if (connector.ordersAt && !pays(await makePsp(connector))) {
      problems.push({ ...connector.ordersAt, text: complaint(connector) });
    }
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
}

function complaint({ plugin }: ConnectorConfig): string {
  const withSettings = plugin.orders ? ' with these settings' : '';
  return (
    `found limits of orders, but the plugin ${plugin.name} makes neither payouts nor transfers${withSettings}; ` +
    `take them out${plugin.orders ? ', or set what makes it pay' : ''}`
  );
}

/** Creates the PSP client without calling the PSP. The constructor of a plugin has no side effects. */
async function makePsp(connector: ConnectorConfig): Promise<Psp> {
  class AskedModule {}
  const module = { module: AskedModule, providers: pluginProviders(connector, EMPTY_MIRROR) };
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  try {
    return context.get<Psp>(PSP);
  } finally {
    await context.close();
  }
}
