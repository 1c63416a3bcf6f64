/** Starts a complete gateway whose connector `bank` pays at a fake PSP over HTTP, with the reference plugin of the toolkit. */
import type { Fault } from '@tributary/connector-api/testing';
import type { Deployment } from '../../apps/gateway/src/config/settings/loaded-deployment.types.js';
import { referencePlugin } from '../../libs/connector-api/src/testing/reference/index.js';
import {
  startReferenceFixture,
  WEBHOOK_SECRET,
} from '../../libs/connector-api/src/testing/reference/reference.fake.js';
import { ManualClock } from '../../libs/connector-api/src/testing/suite/manual-clock.js';
import { startGateway, type TestConnector, type TestGateway } from './test-gateway.js';

/** The parties of the payouts. The fake PSP has this account and this payee. */
const PARTIES = { sourceAccountId: 'acc-1', destinationAccountId: 'payee-1' };
const CONNECTOR = 'bank';

export interface OrderGateway extends TestGateway {
  /** The API key with which the plugin calls the fake PSP. */
  pspSecret: string;
  /** Makes the PSP answer the next payments with faults, one after the other, instead of executing them. */
  failNextPayments(...faults: Fault[]): void;
  /** Makes every lookup of an order fail until `allowLookups` is called. */
  refuseLookups(): void;
  allowLookups(): void;
  /** Requests a payout as a client. */
  pay(idempotencyKey: string): Promise<Response>;
  /** Sends a request to the operator API. */
  operate(method: string, path: string, body?: object, key?: string): Promise<Response>;
}

/**
 * Starts the gateway.
 * @param options `operatorKey` is the key that `operate` uses by default, and `others` are further connectors
 */
export async function startOrderGateway(
  deployment: Partial<Deployment> = {},
  { operatorKey, others = [] }: { operatorKey?: string; others?: TestConnector[] } = {},
): Promise<OrderGateway> {
  const fixture = await startReferenceFixture({ clock: new ManualClock(), pageSize: 'largest' });
  const fake = fixture.http?.fake;
  if (!fake) throw new Error('the reference PSP has no HTTP fake');
  const pspSecret = 'key-of-the-reference';
  const settings = Object.assign(new referencePlugin.settings(), fixture.settings, {
    ...{ apiKey: pspSecret, webhookSecret: WEBHOOK_SECRET },
  });
  const world = await startGateway({
    connectors: [{ path: CONNECTOR, plugin: referencePlugin, settings }, ...others],
    deployment,
    secrets: [pspSecret],
    ...(operatorKey !== undefined && { operatorKey }),
  });
  // The accounts and payees must be known before the first order.
  for (const run of await world.gateway.syncEngine.runOnce())
    if (run.error) throw new Error(`${run.connector} ${run.stream}: ${run.error}`);
  return {
    ...{ ...world, pspSecret },
    failNextPayments(...faults) {
      faults.forEach((fault, index) =>
        fake.injectFault({ method: 'POST', path: '/payments', fault, nth: index + 1 }),
      );
    },
    refuseLookups: () =>
      fake.injectFault({
        ...{ method: 'GET', path: '/payments/{key}', times: Infinity },
        fault: { status: 503 },
      }),
    allowLookups: () => fake.clearFaults(),
    pay: (idempotencyKey) =>
      fetch(`${world.url}/${CONNECTOR}/payouts`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.key(CONNECTOR)}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ idempotencyKey, amount: '1250', currency: 'EUR/2', ...PARTIES }),
      }),
    operate: (method, path, body, key = world.operatorKey) =>
      fetch(`${world.url}/operator/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      }),
    async stop() {
      await world.stop();
      await fixture.close();
    },
  };
}
