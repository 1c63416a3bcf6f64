/**
 * Counts the network round trips that an order needs on PostgreSQL. Each round trip delays the response if the gateway is far from its
 * database.
 */
import { DatabaseProxy } from '../../../feed/src/testing/database-proxy.js';
import { POSTGRES_STORE, type FreshStore, type StoreKind } from '../../../feed/src/testing/stores.js';
import { OrderTestHarness } from '../testing/order-test-harness.js';

let proxy: DatabaseProxy;

/** Routes all connections to a store through a proxy that counts the round trips. */
async function addProxy(fresh: FreshStore): Promise<FreshStore> {
  const [, database = '', directory = ''] = /@\/([^?]+)\?host=(.*)$/.exec(fresh.url) ?? [];
  proxy = await DatabaseProxy.start(`${directory}/.s.PGSQL.5432`);
  return {
    url: `postgres://tributary@127.0.0.1:${proxy.port}/${database}`,
    remove: async () => {
      await proxy.close();
      await fresh.remove();
    },
  };
}

const PROXIED: StoreKind = {
  name: 'PostgreSQL behind a proxy',
  create: async () => addProxy(await POSTGRES_STORE.create()),
  createMigrated: async () => addProxy(await POSTGRES_STORE.createMigrated()),
};

it('an order needs few round trips, and its repeat needs fewer', async () => {
  const harness = new OrderTestHarness(PROXIED);
  const gateway = await harness.openGateway({ start: false });
  // The first order also opens the connections and creates the feed, so its round trips are not counted.
  await harness.submit(gateway.service, { idempotencyKey: 'first' });
  const count = async (idempotencyKey: string) => {
    await gateway.instrumented.waitUntilIdle();
    const before = proxy.roundTripCount;
    await harness.submit(gateway.service, { idempotencyKey });
    await gateway.instrumented.waitUntilIdle();
    return proxy.roundTripCount - before;
  };
  // The check whether the order exists needs 1 round trip, storing the order 3, the commit of the state `sending` 2, and storing and
  // publishing the outcome 3.
  expect(await count('second')).toBe(9);
  // Reading the response needs 1 round trip. Recording that the response is sent again needs 2.
  expect(await count('second')).toBe(3);
  await harness.close();
});
