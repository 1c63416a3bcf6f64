/**
 * Tests on both databases that the requests to the PSP are stored for each attempt of an order, and that no order depends on it. The plugin
 * sends real HTTP requests to a fake PSP, so these tests use the real clock.
 */
import type { Order, OrderResult, PspClient } from '@tributary/connector-api';
import { createBearerAuth, PspHttp, type RecordedExchange } from '@tributary/connector-api/http';
import { FakePsp, fakeRoute, type FakeResponse } from '@tributary/connector-api/testing';
import { openStore, type Store } from '@tributary/feed';
import { pino } from 'pino';
import { STORES, type FreshStore } from '../../../feed/src/testing/stores.js';
import { OrderEngine } from '../order-engine.js';
import { NO_LIMITS, UNLIMITED_IDEMPOTENCY } from '../testing/order-test-harness.js';

const TOKEN = 'sk_live_0123456789abcdef';
const DEPLOYMENT_SECRET = 'hunter2-hunter2';
const HOUR_MS = 3_600_000;

describe.each(STORES)('requests to the PSP on $name', (kind) => {
  let fresh: FreshStore;
  let store: Store;
  let psp: FakePsp;
  let http: PspHttp;
  let answers: FakeResponse[];
  let logLines: string[];
  const engines: OrderEngine[] = [];

  beforeEach(async () => {
    fresh = await kind.createMigrated();
    store = await openStore(fresh.url);
    answers = [];
    logLines = [];
    const answer = () => answers.shift() ?? { body: { id: 'po_1', status: 'paid' } };
    psp = await FakePsp.start({
      routes: [fakeRoute('POST', '/payouts', answer), fakeRoute('GET', '/payouts/{key}', answer)],
      createErrorBody: (status) => ({ message: `error ${status}` }),
    });
    http = new PspHttp({
      ...{ name: 'Acme', baseUrl: psp.url, authentication: createBearerAuth(TOKEN) },
      retries: { maxAttempts: 1 },
    });
  });
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.stop();
    http.onApplicationShutdown();
    await psp.close();
    await store.close();
    await fresh.remove();
  });

  /** A plugin that does nothing for the recording. */
  function createClient(): PspClient {
    const toResult = (id: string): OrderResult => ({ id, status: 'SUCCEEDED' });
    const create = async (order: Order) => {
      const response = await http.post('/payouts', {
        headers: { 'idempotency-key': order.idempotencyKey },
        body: { reference: order.idempotencyKey, iban: 'DE89370400440532013000', note: DEPLOYMENT_SECRET },
      });
      return toResult(response.string('id'));
    };
    return {
      async *accounts() {},
      async *transactions() {},
      createPayout: create,
      createTransfer: create,
      findOrder: async ({ idempotencyKey }) => {
        const found = await http.find('/payouts/{key}', { params: { key: idempotencyKey } });
        return found && toResult(found.string('id'));
      },
    };
  }

  function openEngine(exchangeRetentionMs: number | undefined, usedStore = store) {
    const engine = new OrderEngine(usedStore, {
      logger: pino({ level: 'debug' }, { write: (line) => void logLines.push(line) }),
      redact: (text) => text.replaceAll(DEPLOYMENT_SECRET, '[redacted]'),
      ...(exchangeRetentionMs !== undefined && { exchangeRetentionMs }),
      timings: { initialDelayMs: 10, maxDelayMs: 10, pollIntervalMs: 20 },
    });
    engines.push(engine);
    const { service } = engine.addConnector({
      ...{ path: 'bank', plugin: 'acme', client: createClient() },
      ...{ idempotency: UNLIMITED_IDEMPOTENCY, limits: NO_LIMITS },
    });
    engine.start();
    return { engine, service };
  }

  const request = {
    ...{ idempotencyKey: 'invoice-1', amount: { amount: 100n, asset: 'EUR/2' } },
    ...{ sourceAccountId: 'a', destinationAccountId: 'b', metadata: {} },
  };

  async function findExchanges() {
    const [order] = await store.orders('bank').findNewest(1);
    const found = await store.orderExchanges().findByOrder(order?.id ?? '');
    return found.map(({ action, attempt, body }) => ({
      ...{ action, attempt },
      ...(JSON.parse(body) as Omit<RecordedExchange, 'at'>),
    }));
  }

  it('stores every request of each attempt and lookup, without secrets', async () => {
    answers = [
      { status: 503, body: { message: `down, ${TOKEN}` } },
      { status: 404, body: { message: 'no such payout' } },
      { status: 201, body: { id: 'po_7', account: { iban: 'DE89370400440532013000' } } },
    ];
    const { engine, service } = openEngine(HOUR_MS);
    const response = await service.submit('PAYOUT', request);
    expect(JSON.parse(response)).toMatchObject({ status: 'SUCCEEDED' });
    await engine.stop();
    const exchanges = await findExchanges();
    expect(exchanges.map(({ action, attempt, method, status }) => [action, attempt, method, status])).toEqual(
      [
        ['send', 1, 'POST', 503],
        ['lookup', 1, 'GET', 404],
        ['send', 2, 'POST', 201],
      ],
    );
    expect(exchanges[2]).toMatchObject({
      path: '/payouts',
      durationMs: expect.any(Number),
      requestHeaders: { 'idempotency-key': expect.any(String) },
      responseBody: { text: '{"id":"po_7","account":{"iban":"****3000"}}' },
    });
    expect(exchanges[0]?.requestBody?.text).toMatch(
      /^\{"reference":"[^"]+","iban":"\*{4}3000","note":"\[redacted\]"\}$/,
    );
    expect(JSON.stringify(exchanges)).not.toMatch(new RegExp(`${TOKEN}|${DEPLOYMENT_SECRET}|DE8937`));
  });

  it('executes the order although the requests cannot be stored, and logs it', async () => {
    const failing = new Proxy(store, {
      get: (target, name) => {
        if (name === 'orderExchanges')
          return () => ({
            append: () => Promise.reject(new Error('disk full')),
            deleteExpired: () => Promise.reject(new Error('disk full')),
          });
        const property: unknown = Reflect.get(target, name);
        return typeof property === 'function' ? (property.bind(target) as unknown) : property;
      },
    });
    const { engine, service } = openEngine(HOUR_MS, failing);
    expect(JSON.parse(await service.submit('PAYOUT', request))).toMatchObject({ status: 'SUCCEEDED' });
    await engine.stop();
    expect(await findExchanges()).toEqual([]);
    expect(
      logLines.filter((line) => line.includes('the requests to the PSP cannot be written')),
    ).toHaveLength(1);
    const [order] = await store.orders('bank').findNewest(1);
    expect(order?.state).toBe('succeeded');
  });

  it('stores nothing if no time is set', async () => {
    const { engine, service } = openEngine(undefined);
    await service.submit('PAYOUT', request);
    await engine.stop();
    expect(psp.requests).toHaveLength(1);
    expect(await findExchanges()).toEqual([]);
  });
});
