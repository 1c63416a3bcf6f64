/** Tests that a deployment can require two people to resolve an order, through a complete gateway and its operator API. */
import { generateApiKey, hashApiKey } from '@tributary/auth';
import { runResolveCommand } from '../../apps/gateway/src/cli/commands/resolve-order.command.js';
import type { Deployment } from '../../apps/gateway/src/config/index.js';
import { startOrderGateway, type OrderGateway } from './order-gateway.js';

const [ALICE, ALICE_AGAIN, BOB, READER, TENANT] = Array.from({ length: 5 }, () => generateApiKey());

interface Proposal {
  id: string;
  isOwn: boolean;
  by: string;
}
interface OrderView {
  id: string;
  state: string;
  resolvesByTwo: boolean;
  proposal?: Proposal;
}

let world: OrderGateway;
let count = 0;
beforeAll(async () => {
  world = await startOrderGateway(
    {
      orders: { resolveByTwo: true },
      operatorKeys: [
        { hash: hashApiKey(ALICE!), name: 'alice', scopes: ['read', 'operate'] },
        { hash: hashApiKey(ALICE_AGAIN!), name: 'alice', scopes: ['read', 'operate'] },
        { hash: hashApiKey(BOB!), name: 'bob', scopes: ['read', 'operate'] },
        { hash: hashApiKey(READER!), name: 'dashboard', scopes: ['read'] },
        { hash: hashApiKey(TENANT!), name: 'acme staff', scopes: ['read', 'operate'], tenant: 'acme' },
      ],
    },
    { operatorKey: ALICE! },
  );
});
afterAll(() => world.stop());

const view = async (id: string, key = ALICE): Promise<OrderView> =>
  (await (await world.operate('GET', `/order?connector=bank&id=${id}`, undefined, key)).json()) as OrderView;
const post = async (path: string, body: object, key = ALICE) => {
  const response = await world.operate('POST', path, { connector: 'bank', ...body }, key);
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
};
const listAuditEvents = async () =>
  (
    (await (await world.operate('GET', '/audit')).json()) as {
      items: { action: string; by: string; details: Record<string, unknown> }[];
    }
  ).items;

/** Creates an order whose outcome is unknown, because its response was lost and the PSP answers no lookup. */
async function createUnknownOrder(): Promise<string> {
  const reference = `invoice-${++count}`;
  world.refuseLookups();
  world.failNextPayments('answer-lost');
  // The request is not awaited, because it gets its response only after 6.5 s.
  void world.pay(reference).catch(() => undefined);
  for (;;) {
    const order = await view(reference);
    if (order.state === 'unknown') return order.id;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Repeats a request while a gateway works on the order at this moment. */
async function postWhenFree(path: string, body: object, key = ALICE) {
  for (;;) {
    const result = await post(path, body, key);
    if (!String(result.body['Detail']).includes('a gateway is working on it')) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const RESOLUTION = { as: 'succeeded', note: 'seen in the dashboard, ticket 7' };

it('resolves an order when another person approves it, and writes audit events about both', async () => {
  const id = await createUnknownOrder();
  expect((await view(id)).resolvesByTwo).toBe(true);
  expect(await post('/orders/resolve', { id, ...RESOLUTION }, BOB)).toMatchObject({
    ...{ status: 409, body: { Title: 'Two people are needed' } },
  });
  const proposed = await postWhenFree('/orders/propose', { id, ...RESOLUTION });
  expect(proposed).toMatchObject({ status: 200, body: { by: 'alice', isOwn: true, ...RESOLUTION } });
  expect((await view(id)).state).toBe('unknown');
  expect((await view(id, BOB)).proposal).toMatchObject({ by: 'alice', isOwn: false });
  const proposal = proposed.body['id'];

  for (const own of [ALICE, ALICE_AGAIN])
    expect(await post('/orders/approve', { id, proposal }, own)).toMatchObject({
      ...{ status: 403, body: { Title: 'Another person must approve' } },
    });
  expect((await post('/orders/approve', { id, proposal }, READER)).status).toBe(403);
  expect((await post('/orders/approve', { id, proposal }, TENANT)).status).toBe(404);
  expect((await post('/orders/approve', { id, proposal: 'another' }, BOB)).status).toBe(409);
  expect((await view(id)).state).toBe('unknown');

  expect(await postWhenFree('/orders/approve', { id, proposal }, BOB)).toMatchObject({
    ...{ status: 200, body: { state: 'succeeded' } },
  });
  expect(await view(id)).not.toHaveProperty('proposal');
  expect((await post('/orders/approve', { id, proposal }, BOB)).status).toBe(409);
  const [resolved, proposedEvent] = await listAuditEvents();
  expect(resolved).toMatchObject({
    ...{ action: 'order.resolved', by: 'bob' },
    details: { order: id, after: 'succeeded', proposedBy: 'alice', note: RESOLUTION.note },
  });
  expect(proposedEvent).toMatchObject({ action: 'order.resolution-proposed', by: 'alice' });
}, 30_000);

it('keeps one proposal, which anyone with the scope can reject with a note', async () => {
  const id = await createUnknownOrder();
  const { body } = await postWhenFree('/orders/propose', { id, ...RESOLUTION });
  expect((await postWhenFree('/orders/propose', { id, ...RESOLUTION }, BOB)).status).toBe(409);
  const rejection = { id, proposal: body['id'], note: 'the PSP says otherwise' };
  expect((await post('/orders/reject', rejection, BOB)).status).toBe(204);
  expect((await post('/orders/reject', rejection, BOB)).status).toBe(409);
  expect(await view(id)).not.toHaveProperty('proposal');
  expect((await view(id)).state).toBe('unknown');
  expect((await listAuditEvents())[0]).toMatchObject({
    ...{ action: 'order.resolution-rejected', by: 'bob' },
    details: { order: id, proposedBy: 'alice', note: 'the PSP says otherwise' },
  });
  const again = await postWhenFree('/orders/propose', { id, ...RESOLUTION }, BOB);
  expect(again).toMatchObject({ status: 200, body: { by: 'bob' } });
}, 30_000);

it('refuses a proposal that cannot become true, and the approval of one that no longer can', async () => {
  const id = await createUnknownOrder();
  const { body } = await postWhenFree('/orders/propose', { id, ...RESOLUTION });
  world.allowLookups();
  for (;;) {
    if ((await view(id)).state === 'succeeded') break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(await postWhenFree('/orders/approve', { id, proposal: body['id'] }, BOB)).toMatchObject({
    ...{ status: 409, body: { Detail: expect.stringContaining('it is succeeded already') } },
  });
  await post('/orders/reject', { id, proposal: body['id'], note: 'the PSP answered' }, BOB);
  expect((await postWhenFree('/orders/propose', { id, ...RESOLUTION, as: 'failed' })).status).toBe(409);
}, 30_000);

it('an approval whose proposal was closed in the meantime changes nothing', async () => {
  const id = await createUnknownOrder();
  const { body } = await postWhenFree('/orders/propose', { id, ...RESOLUTION });
  const orders = world.gateway.store.orders('bank');
  await world.gateway.store.orderProposals().reject(id, String(body['id']), {
    ...{ by: 'bob', via: 'api', action: 'order.resolution-rejected', details: {} },
  });
  await expect(
    orders.update(id, () => ({
      set: { state: 'succeeded' },
      auditEntry: { by: 'bob', via: 'api', action: 'order.resolved', details: {} },
      approvedProposalId: String(body['id']),
    })),
  ).rejects.toThrow('is no longer open');
  expect((await view(id)).state).toBe('unknown');
}, 30_000);

it('the command line sends the operator to the console', async () => {
  const id = await createUnknownOrder();
  const deployment = {
    ...{ connectors: [{ path: 'bank' }], store: world.storeUrl, orders: { resolveByTwo: true } },
  } as unknown as Deployment;
  const resolution = { as: 'succeeded', note: 'x' } as const;
  const terminal = { out: () => undefined, err: () => undefined };
  const run = runResolveCommand(deployment, id, resolution, true, terminal);
  await expect(run).rejects.toThrow('needs two people');
  expect((await view(id)).state).toBe('unknown');
}, 30_000);
