/**
 * Tests a gateway whose PostgreSQL is far away: each round trip takes 200 ms. Many orders arrive at once, and their clients repeat them
 * after each 503. All orders must be answered, and health checks and pages must be answered meanwhile.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { createGateway } from '../../apps/gateway/src/gateway.js';
import { DatabaseProxy } from '../../libs/feed/src/testing/database-proxy.js';
import { POSTGRES_STORE } from '../../libs/feed/src/testing/stores.js';
import { formatPayingConnector, KEY, PayingClient } from '../upgrade/paying-client.js';

const ROUND_TRIP_MS = 200;
const ORDERS = 64;
/**
 * The maximum number of round trips for all orders together. One order needs ten round trips, and four connections process the orders in
 * parallel.
 */
const MAX_ROUND_TRIPS = 400;
/** The maximum time in ms for a response. A load balancer waits only some seconds. */
const MAX_ANSWER_MS = 5_000;

it(`answers ${ORDERS} orders within ${MAX_ROUND_TRIPS} round trips of ${ROUND_TRIP_MS} ms, and everything else meanwhile`, async () => {
  const fresh = await POSTGRES_STORE.create();
  const [, database = '', directory = ''] = /@\/([^?]+)\?host=(.*)$/.exec(fresh.url) ?? [];
  const proxy = await DatabaseProxy.start(join(directory, '.s.PGSQL.5432'));
  const files = mkdtempSync(join(tmpdir(), 'tributary-slow-store-'));
  const file = join(files, 'gateway.yaml');
  const store = `postgres://tributary@127.0.0.1:${proxy.port}/${database}`;
  const connector = formatPayingConnector('pay', 1, join(files, 'psp'));
  writeFileSync(file, `listen: { port: 0 }\nstore: '${store}'\nconnectors:\n${connector}`);
  const gateway = await createGateway(loadDeployment(file), { logger: pino({ level: 'silent' }) });
  try {
    const url = await gateway.listen();
    const client = new PayingClient(url, 'pay');
    await client.pay({ reference: 'first', fate: 'succeeds', afterMs: 0 });
    proxy.addedRoundTripMs = ROUND_TRIP_MS;

    const startedAt = performance.now();
    let answeredCount = 0;
    let repeatCount = 0;
    const payUntilAnswered = async (number: number) => {
      const payout = { reference: `invoice-${number}`, fate: 'succeeds', afterMs: 0 } as const;
      while (performance.now() < startedAt + MAX_ROUND_TRIPS * ROUND_TRIP_MS) {
        const { status } = await client.pay(payout);
        if (status === 201) return void answeredCount++;
        expect(status).toBe(503);
        repeatCount++;
      }
    };
    const paying = Promise.all(Array.from({ length: ORDERS }, (_, number) => payUntilAnswered(number)));
    const answers = { '/readyz': [] as number[], '/pay/accounts': [] as number[] };
    const ask = async (path: keyof typeof answers) => {
      while (answeredCount < ORDERS && performance.now() < startedAt + MAX_ROUND_TRIPS * ROUND_TRIP_MS) {
        const askedAt = performance.now();
        const response = await fetch(url + path, { headers: { authorization: `Bearer ${KEY}` } });
        await response.arrayBuffer();
        expect(response.status).toBe(200);
        answers[path].push(performance.now() - askedAt);
        await sleep(500);
      }
    };
    await Promise.all([paying, ask('/readyz'), ask('/pay/accounts')]);
    const roundTrips = Math.round((performance.now() - startedAt) / ROUND_TRIP_MS);
    process.stderr.write(
      `${JSON.stringify({ answeredCount, repeatCount, roundTrips, slowest: Object.values(answers).map((all) => Math.round(Math.max(...all))) })}\n`,
    );
    expect(answeredCount).toBe(ORDERS);
    for (const all of Object.values(answers)) {
      expect(all.length).toBeGreaterThan(5);
      expect(Math.max(...all)).toBeLessThan(MAX_ANSWER_MS);
    }
  } finally {
    proxy.addedRoundTripMs = 0;
    await gateway.close();
    await proxy.close();
    await fresh.remove();
    rmSync(files, { recursive: true });
  }
}, 150_000);
