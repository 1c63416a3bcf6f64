/**
 * Tests the timeline of an order in the operator API, through a complete gateway with a plugin that sends real HTTP requests to a fake PSP.
 */
import { generateApiKey, hashApiKey } from '@tributary/auth';
import { startOrderGateway, type OrderGateway } from './order-gateway.js';

const TENANT_KEY = generateApiKey();

interface TimelineEntry {
  kind: string;
  at: string;
  [property: string]: unknown;
}
interface OrderView {
  id: string;
  state: string;
  timeline: TimelineEntry[];
}

let world: OrderGateway;
beforeAll(async () => {
  const operatorKey = generateApiKey();
  world = await startOrderGateway(
    {
      operatorKeys: [
        { hash: hashApiKey(operatorKey), name: 'alice', scopes: ['read', 'operate'] },
        { hash: hashApiKey(TENANT_KEY), name: 'acme staff', scopes: ['read', 'operate'], tenant: 'acme' },
      ],
    },
    { operatorKey },
  );
});
afterAll(() => world.stop());

const readOrder = async (reference: string) =>
  (await world.operate('GET', `/order?connector=bank&id=${reference}`)).json() as Promise<OrderView>;

/** Reads the order until a condition is true, because requests to the PSP and the positions of readers are stored a little later. */
async function readOrderWhen(
  reference: string,
  isReady: (timeline: TimelineEntry[]) => boolean,
): Promise<OrderView> {
  for (;;) {
    const order = await readOrder(reference);
    if (isReady(order.timeline)) return order;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const countRequests = (timeline: TimelineEntry[]) =>
  timeline.filter(({ kind }) => kind === 'psp-request').length;
const hasReader = ({ readers }: TimelineEntry) => Array.isArray(readers) && readers.length > 0;

it('shows the request and the response of each attempt, the answer, and the rows with their readers', async () => {
  world.failNextPayments({ status: 503, body: { message: `try later, ${world.pspSecret}` } });
  expect((await world.pay('invoice-1')).status).toBe(201);
  expect((await world.get('/bank/transactions', world.key('bank'))).status).toBe(200);
  const order = await readOrderWhen(
    'invoice-1',
    (timeline) => countRequests(timeline) === 3 && timeline.some(hasReader),
  );
  expect(order.state).toBe('succeeded');
  const requests = order.timeline.filter(({ kind }) => kind === 'psp-request');
  expect(requests.map(({ action, attempt, exchange }) => [action, attempt, exchange])).toMatchObject([
    ['send', 1, { method: 'POST', path: '/payments', status: 503 }],
    ['lookup', 1, { method: 'GET', status: 404 }],
    ['send', 2, { method: 'POST', path: '/payments', status: 201, durationMs: expect.any(Number) }],
  ]);
  const times = order.timeline.map(({ at }) => at);
  expect(times).toEqual([...times].sort());
  const [answer] = order.timeline.filter(({ kind }) => kind === 'answer');
  expect(answer).toMatchObject({ status: 'SUCCEEDED' });
  const rows = order.timeline.filter(({ kind }) => kind === 'row');
  expect(rows[0]).toMatchObject({
    ...{ status: 'SUCCEEDED', sequence: 1, recordId: order.id },
    readers: [{ reader: expect.any(String), lastReadAt: expect.any(String) }],
  });
  const text = JSON.stringify(order);
  expect(text).toContain('try later, [redacted]');
  expect(text).not.toContain(world.pspSecret);
  expect(text).not.toContain(world.key('bank'));
});

it('shows a row that no client has read yet without readers', async () => {
  expect((await world.pay('invoice-2')).status).toBe(201);
  const order = await readOrderWhen('invoice-2', (timeline) => countRequests(timeline) === 1);
  const rows = order.timeline.filter(({ kind }) => kind === 'row');
  expect(rows.map(({ readers }) => readers)).toEqual([[]]);
});

it('does not show the order to a key of another tenant', async () => {
  const response = await world.operate('GET', '/order?connector=bank&id=invoice-1', undefined, TENANT_KEY);
  expect(response.status).toBe(404);
});
