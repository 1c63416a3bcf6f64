/** Tests that an invalid order is rejected with a clear message, and leaves nothing in the store or at the PSP. */
import { runCli } from '../../apps/gateway/src/cli/run-cli.js';
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { DEFAULT_STORE, type FreshStore } from '../../libs/feed/src/testing/stores.js';
import { expectError } from './test-gateway.js';

const READS = 'a-key-that-only-reads';
const PAYS = 'a-key-that-may-pay-too';
const ONLY_PAYS = 'a-key-that-only-pays-1';
const FOREIGN = 'a-key-of-another-tenant';
const SAFE_IDS = 'transactions: 0, activityPerMinute: 0, oddIds: 0';

let directory: string;
let fresh: FreshStore;
let gateway: Gateway;
const journal = (name: string) => join(directory, `${name}.jsonl`);
/** Returns the number of orders that reached the PSP. */
const sent = (name: string) =>
  existsSync(journal(name)) ? readFileSync(journal(name), 'utf8').trim().split('\n').length : 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-orders-'));
  fresh = await DEFAULT_STORE.createMigrated();
  const keys = `apiKeys: [${READS}, { key: ${PAYS}, scopes: [read, pay] }, { key: ${ONLY_PAYS}, scopes: [pay] }]`;
  const file = join(directory, 'gateway.yaml');
  writeFileSync(
    file,
    `listen: { port: 0 }
store: ${fresh.url}
connectors:
  - { name: free, plugin: sandbox, ${keys}, settings: { seed: 1, ${SAFE_IDS}, journal: ${journal('free')} } }
  - name: limited
    plugin: sandbox
    ${keys}
    orders: { largest: { EUR/2: "1000" }, perDay: { EUR/2: "2500", USD/2: "100" }, beneficiaries: [nobody-yet] }
    settings: { seed: 2, ${SAFE_IDS}, journal: ${journal('limited')} }
  - { name: daily, plugin: sandbox, ${keys}, orders: { perDay: { EUR/2: "2500" } }, settings: { seed: 3, ${SAFE_IDS}, journal: ${journal('daily')} } }
tenants:
  acme: { connectors: [{ name: free, plugin: sandbox, apiKeys: [{ key: ${FOREIGN}, scopes: [read, pay] }] }] }
`,
  );
  gateway = await createGateway(loadDeployment(file, {}), {
    logger: pino({ level: 'silent' }),
    sync: false,
    drainTimeoutMs: 0,
  });
  await gateway.listen();
  for (const run of await gateway.syncEngine.runOnce()) expect(run.error).toBeUndefined();
});

afterAll(async () => {
  await gateway.close();
  await fresh.remove();
  rmSync(directory, { recursive: true });
});

const post = (path: string, body: string | Uint8Array<ArrayBuffer>, key = PAYS, type = 'application/json') =>
  fetch(gateway.url + path, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${key}`, 'content-type': type },
  });

async function list(connector: string, stream: string): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${gateway.url}/${connector}/${stream}`, {
    headers: { authorization: `Bearer ${READS}` },
  });
  return (await response.json()) as Record<string, unknown>[];
}

const listIds = async (connector: string, stream: string) =>
  (await list(connector, stream)).map(({ id }) => String(id));

async function createOrder(connector: string, idempotencyKey: string, changes: object = {}) {
  const [sourceAccountId] = await listIds(connector, 'accounts');
  const [destinationAccountId] = await listIds(connector, 'beneficiaries');
  return {
    idempotencyKey,
    amount: '1000',
    currency: 'EUR/2',
    sourceAccountId,
    destinationAccountId,
    ...changes,
  };
}

interface Answer {
  id: string;
  status: string;
  amount: string;
  metadata: Record<string, string>;
}

/** Posts an order and expects 201. */
async function pay(path: string, order: object): Promise<Answer> {
  const response = await post(path, JSON.stringify(order));
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status: 201, text: expect.any(String) as string });
  expect(response.headers.get('content-type')).toBe('application/json');
  return JSON.parse(text) as Answer;
}

async function expectNothingLeft(connector: string): Promise<void> {
  expect(await gateway.store.orders(connector).findNewest(10)).toEqual([]);
  expect(await listIds(connector, 'transactions')).toEqual([]);
  expect(sent(connector)).toBe(0);
}

describe('what cannot be an order', () => {
  it.each<[string, object, string]>([
    ['no amount at all', { amount: '0' }, 'amount'],
    ['a negative amount', { amount: '-1000' }, 'amount'],
    ['decimals', { amount: '10.00' }, 'amount'],
    ['an amount that is a number', { amount: 1000 }, 'amount'],
    ['an amount of 79 digits', { amount: '9'.repeat(79) }, 'amount'],
    ['an asset without its precision', { currency: 'EUR' }, 'currency'],
    ['an asset of another precision', { currency: 'EUR/4' }, 'currency'],
    ['what is no asset', { currency: 'euro' }, 'currency'],
    ['an unknown source', { sourceAccountId: 'acc-none' }, 'sourceAccountId'],
    ['an unknown destination', { destinationAccountId: 'ben-none' }, 'destinationAccountId'],
    ['an id that cannot be in a path', { destinationAccountId: '../x' }, 'destinationAccountId'],
    ['an empty key', { idempotencyKey: '' }, 'idempotencyKey'],
    ['a key of 2 KB', { idempotencyKey: 'k'.repeat(2048) }, 'idempotencyKey'],
    ['metadata that are no texts', { metadata: { amount: 5 } }, 'metadata'],
    [
      'nothing of all that',
      {
        idempotencyKey: undefined,
        amount: undefined,
        currency: undefined,
        sourceAccountId: undefined,
        destinationAccountId: undefined,
      },
      'idempotencyKey, amount, currency, sourceAccountId, destinationAccountId',
    ],
  ])('%s: 422 that names it', async (_what, changes, members) => {
    for (const kind of ['payout', 'transfer']) {
      const [, other] = await listIds('free', 'accounts');
      const good = await createOrder(
        'free',
        'bad',
        kind === 'transfer' ? { destinationAccountId: other } : {},
      );
      const response = await post(`/free/${kind}s`, JSON.stringify({ ...good, ...changes }));
      const { Title, Detail } = await expectError(response, 422);
      expect(Title).toBe(`Invalid ${kind}: ${members}`);
      for (const member of members.split(', ')) expect(Detail).toContain(`${member}`);
    }
  });

  it('a payout to an account, or a transfer to a beneficiary or to itself', async () => {
    const [account, other] = await listIds('free', 'accounts');
    const payout = await createOrder('free', 'bad', { destinationAccountId: other });
    expect((await expectError(await post('/free/payouts', JSON.stringify(payout)), 422)).Detail).toContain(
      'between accounts make a transfer',
    );
    for (const destinationAccountId of [account, (await listIds('free', 'beneficiaries'))[0]]) {
      const transfer = await createOrder('free', 'bad', { destinationAccountId });
      await expectError(await post('/free/transfers', JSON.stringify(transfer)), 422);
    }
  });

  it.each<[string, number, string | Uint8Array<ArrayBuffer>]>([
    ['no JSON', 400, 'amount=5'],
    ['half a JSON object', 400, '{"amount":'],
    ['nothing', 400, ''],
    ['bytes that are no UTF-8', 400, Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a list', 422, '[]'],
    ['a text', 422, '"1000"'],
    ['null', 422, 'null'],
    ['1 MB', 413, JSON.stringify({ description: 'x'.repeat(1_000_000) })],
  ])('%s: %d', async (_what, status, body) => {
    await expectError(await post('/free/payouts', body), status);
  });

  it('a form', async () => {
    await expectError(
      await post('/free/payouts', 'amount=1', PAYS, 'application/x-www-form-urlencoded'),
      415,
    );
  });

  afterAll(() => expectNothingLeft('free'));
});

describe('a key', () => {
  it('that only reads gets 403 for an order, before the order is looked at', async () => {
    const response = await post('/free/payouts', '{', READS);
    expect((await expectError(response, 403)).Title).toBe('Key may not pay');
  });

  it('that only pays gets 403 for a list', async () => {
    const response = await fetch(`${gateway.url}/free/accounts`, {
      headers: { authorization: `Bearer ${ONLY_PAYS}` },
    });
    expect((await expectError(response, 403)).Title).toBe('Key may not read');
  });

  it('of another tenant learns no more than one that is none', async () => {
    const answers = [FOREIGN, 'no-key-of-anybody-here'].map((key) => post('/free/payouts', '{}', key));
    const [foreign, none] = await Promise.all(answers);
    expect(await expectError(foreign!, 401)).toEqual(await expectError(none!, 401));
  });

  afterAll(() => expectNothingLeft('free'));
});

describe('a limit answers FAILED with its reason, and sends nothing', () => {
  it.each<[string, object, string]>([
    ['largest', { amount: '1001' }, 'limit_largest'],
    ['10^30', { amount: `1${'0'.repeat(30)}` }, 'limit_largest'],
    ['another asset', { currency: 'JPY', amount: '1' }, 'limit_largest'],
  ])('%s', async (key, changes, code) => {
    const [, other] = await listIds('limited', 'accounts');
    const transfer = await createOrder('limited', key, { destinationAccountId: other, ...changes });
    const answer = await pay('/limited/transfers', transfer);
    expect(answer).toMatchObject({ status: 'FAILED', metadata: { 'com.tributary.spec/failure_code': code } });
    expect(answer.metadata['com.tributary.spec/failure_reason']).toMatch(
      /\(orders\.largest\)|orders\.largest$/,
    );
    // A repeated request always gets the same response.
    expect(await pay('/limited/transfers', transfer)).toEqual(answer);
  });

  it('a beneficiary who is not allowed', async () => {
    const answer = await pay('/limited/payouts', await createOrder('limited', 'ben'));
    expect(answer).toMatchObject({
      status: 'FAILED',
      metadata: { 'com.tributary.spec/failure_code': 'beneficiary_not_allowed' },
    });
  });

  it('and is published as a row, like every answer', async () => {
    const orders = await gateway.store.orders('limited').findNewest(10);
    expect(orders.map(({ state }) => state)).toEqual(orders.map(() => 'failed'));
    expect((await listIds('limited', 'transactions')).sort()).toEqual(orders.map(({ id }) => id).sort());
    expect(sent('limited')).toBe(0);
  });

  it('of a day: of ten at once no more than fit are sent', async () => {
    const orders = await Promise.all(
      Array.from({ length: 10 }, (_, n) => createOrder('daily', `order ${n}`)),
    );
    const answers = await Promise.all(orders.map((order) => pay('/daily/payouts', order)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 'SUCCEEDED')).toHaveLength(2);
    expect(statuses.filter((status) => status === 'FAILED')).toHaveLength(8);
    expect(sent('daily')).toBe(2);
    // The rest of the daily limit is still available.
    expect(await pay('/daily/payouts', await createOrder('daily', 'rest', { amount: '500' }))).toMatchObject({
      status: 'SUCCEEDED',
    });
    expect(await pay('/daily/payouts', await createOrder('daily', 'more', { amount: '1' }))).toMatchObject({
      metadata: { 'com.tributary.spec/failure_code': 'limit_per_day' },
    });
  });
});

describe('what can be an order', () => {
  it('is created once, with any other body', async () => {
    const order = await createOrder('free', 'order 1/ä', { type: 'INSTANT', provider: { name: 'x' } });
    const answer = await pay('/free/payouts', order);
    expect(answer).toMatchObject({ idempotencyKey: 'order 1/ä', amount: '1000', status: 'SUCCEEDED' });
    expect(await pay('/free/payouts', { ...order, type: undefined, description: '' })).toEqual(answer);
    expect(sent('free')).toBe(1);
  });

  it.each([{ amount: '1001' }, { currency: 'USD/2' }, { description: 'other' }, { metadata: { a: 'b' } }])(
    'its key with %j is refused',
    async (changes) => {
      const order = await createOrder('free', 'order 1/ä', changes);
      await expectError(await post('/free/payouts', JSON.stringify(order)), 422);
      expect(sent('free')).toBe(1);
    },
  );

  it('its key is no transfer’s', async () => {
    const [, other] = await listIds('free', 'accounts');
    const order = await createOrder('free', 'order 1/ä', { destinationAccountId: other });
    await expectError(await post('/free/transfers', JSON.stringify(order)), 422);
    expect(sent('free')).toBe(1);
  });

  it('is resolved by an operator while the gateway runs', async () => {
    const metadata = { 'sandbox/fate': 'stays-pending' };
    const { id, status } = await pay('/free/payouts', await createOrder('free', 'stuck', { metadata }));
    expect(status).toBe('PENDING');
    const said: string[] = [];
    const terminal = {
      out: (text: string) => void said.push(text),
      err: (text: string) => void said.push(text),
    };
    const command = [
      'orders',
      'resolve',
      'stuck',
      '--as',
      'failed',
      '--note',
      'the PSP cancelled it',
      '--yes',
    ];
    expect(await runCli([...command, '-c', join(directory, 'gateway.yaml')], terminal)).toBe(0);
    expect(said).toEqual([`Order ${id} was pending and is failed now.`]);
    // Formance may not have read the response yet. So the gateway publishes the row later (libs/orders/src/intake/order-service.spec.ts).
    const rows = (await list('free', 'transactions')).filter((row) => row['id'] === id);
    expect(rows.map((row) => row['status'])).toEqual(['PENDING']);
    expect(await pay('/free/payouts', await createOrder('free', 'stuck', { metadata }))).toMatchObject({
      id,
      status: 'PENDING',
    });
  });

  it('may be of 10^30, where no limit forbids it', async () => {
    const amount = `1${'0'.repeat(30)}`;
    const answer = await pay('/free/payouts', await createOrder('free', 'huge', { amount }));
    expect(answer).toMatchObject({ amount, status: 'SUCCEEDED' });
  });
});
