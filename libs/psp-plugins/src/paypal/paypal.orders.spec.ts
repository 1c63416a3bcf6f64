/** Tests payouts: to which result each status is mapped, repeated orders, and the orders that are rejected before they are sent. */
import type { Order } from '@tributary/connector-api';
import { FAKE_ACCOUNT_ID, FAKE_PAYEE } from './paypal.fake.js';
import { openPaypal } from './testing/open-paypal.js';

const NOW = Date.UTC(2026, 5, 1);
const ORDER: Order = {
  kind: 'PAYOUT',
  idempotencyKey: '1f0f3850-9627-42de-8ad4-a2c497c37d0b',
  reference: 'invoice-1',
  amount: { amount: 1000n, asset: 'EUR/2' },
  sourceAccountId: FAKE_ACCOUNT_ID,
  destinationAccountId: FAKE_PAYEE.receiver,
  metadata: { 'com.paypal.spec/purpose': 'SERVICES', 'com.paypal.spec/email_subject': 'Your fee' },
  createdAt: new Date(NOW).toISOString(),
};

let test: Awaited<ReturnType<typeof openPaypal>>;
beforeEach(async () => {
  test = await openPaypal(NOW);
});
afterEach(() => test.close());

const create = (changes: Partial<Order> = {}) => test.psp.createPayout!({ ...ORDER, ...changes });
const findSent = () =>
  test.fake.server.requests.findLast(({ method, path }) => method === 'POST' && path.endsWith('payouts'));

it('sends a batch with one item', async () => {
  const { id, status } = await create({ description: 'Thanks' });
  expect({ id, status }).toEqual({ id: test.fake.batches[0]?.id, status: 'PENDING' });
  expect(findSent()?.body).toEqual({
    sender_batch_header: { sender_batch_id: ORDER.idempotencyKey, email_subject: 'Your fee' },
    items: [
      {
        ...{ recipient_type: 'EMAIL', receiver: 'ada@example.com', sender_item_id: ORDER.idempotencyKey },
        ...{ amount: { currency: 'EUR', value: '10.00' }, note: 'Thanks', purpose: 'SERVICES' },
      },
    ],
  });
});

it.each([
  ['SUCCESS', 'SUCCESS', 'SUCCEEDED'],
  ['SUCCESS', 'FAILED', 'FAILED'],
  ['SUCCESS', 'BLOCKED', 'FAILED'],
  ['SUCCESS', 'UNCLAIMED', 'PENDING'],
  ['SUCCESS', 'ONHOLD', 'PENDING'],
  ['PROCESSING', 'PENDING', 'PENDING'],
  ['SUCCESS', 'RETURNED', 'RETURNED'],
  ['SUCCESS', 'REFUNDED', 'RETURNED'],
  ['SUCCESS', 'REVERSED', 'RETURNED'],
  ['SUCCESS', undefined, 'PENDING'],
  ['PENDING', undefined, 'PENDING'],
  ['DENIED', undefined, 'FAILED'],
  ['CANCELED', undefined, 'FAILED'],
])('a batch %s with an item %s is %s', async (batchStatus, itemStatus, expected) => {
  const { id } = await create();
  const [batch] = test.fake.batches;
  Object.assign(batch!, { batchStatus, itemStatus });
  expect(await test.psp.findOrder!({ ...ORDER, pspId: id })).toMatchObject({ id, status: expected });
});

it('a status that PayPal adds later is not final', async () => {
  const { id } = await create();
  test.fake.server.transformResponse = (_request, body) =>
    JSON.parse(
      JSON.stringify(body).replaceAll(/"(batch_status|transaction_status)":"[A-Z]+"/g, '"$1":"NEW"'),
    );
  expect(await test.psp.findOrder!({ ...ORDER, pspId: id })).toMatchObject({ status: 'PENDING' });
});

it('tells why an item failed', async () => {
  const { id } = await create();
  Object.assign(test.fake.batches[0]!, { itemStatus: 'FAILED' });
  const errors = { name: 'INSUFFICIENT_FUNDS', message: 'Sender does not have sufficient funds.' };
  test.fake.server.transformResponse = (_request, body) => {
    const { items, ...batch } = body as { items: object[] };
    return { ...batch, items: items.map((item) => ({ ...item, errors })) };
  };
  const found = await test.psp.findOrder!({ ...ORDER, pspId: id });
  expect(found?.reason).toEqual({ code: errors.name, message: errors.message });
});

it('a repeat is the first batch, and another batch is never taken for it', async () => {
  const first = await create();
  expect(await create()).toMatchObject({ id: first.id, status: 'SUCCEEDED' });
  expect(test.fake.batches).toHaveLength(1);
  test.fake.server.transformResponse = ({ method }, body) =>
    method === 'GET' ? JSON.parse(JSON.stringify(body).replaceAll(ORDER.idempotencyKey, 'another')) : body;
  await expect(create()).rejects.toMatchObject({ kind: 'unknown-outcome' });
  await expect(test.psp.findOrder!({ ...ORDER, pspId: first.id })).rejects.toMatchObject({
    kind: 'unavailable',
  });
});

/** PayPal's document: the error "shows the duplicate sender_batch_id and includes a HATEOAS link to the original payout". It names no code. */
it.each<[string, number, (key: string, links: object[]) => object]>([
  [
    'shows the key as a value',
    422,
    (value, links) => ({
      name: 'UNPROCESSABLE_ENTITY',
      details: [{ field: '/sender_batch_header/sender_batch_id', value, issue: 'VALUE_ALREADY_USED' }],
      links,
    }),
  ],
  [
    'says that the key was used',
    400,
    (value, links) => ({
      name: 'INVALID_REQUEST',
      details: [{ field: 'sender_batch_id', value, issue: 'It was used in the last 30 days.' }],
      links,
    }),
  ],
  ['contains only the link', 400, (_key, links) => ({ name: 'USER_BUSINESS_ERROR', details: [], links })],
])('a repeat is recognised by an error that %s', async (_name, status, createBody) => {
  const first = await create();
  const links = [
    { href: `https://api-m.paypal.com/v1/payments/payouts/${first.id}`, rel: 'self', method: 'GET' },
  ];
  const body = {
    ...{ message: 'User business error.', debug_id: 'a1' },
    ...createBody(ORDER.idempotencyKey, links),
  };
  const path = '/v1/payments/payouts';
  test.fake.server.injectFault({ fault: { response: { status, body } }, method: 'POST', path });
  expect(await create()).toMatchObject({ id: first.id });
});

it.each([
  'It must not be reused.',
  'VALUE_ALREADY_USED',
  'There is an existing payout.',
  'A payout exists.',
  'DUPLICATE_KEY',
])('a repeat without a link to the first batch is not rejected: %s', async (issue) => {
  const details = [{ field: 'sender_batch_id', issue }];
  const body = { name: 'INVALID_REQUEST', message: 'Invalid request', debug_id: 'a1', details };
  const path = '/v1/payments/payouts';
  test.fake.server.injectFault({ fault: { response: { status: 400, body } }, method: 'POST', path });
  await expect(create()).rejects.toMatchObject({ kind: 'unknown-outcome' });
});

it.each([
  ['/items/0/receiver', 'INVALID_VALUE', ''],
  ['sender_batch_id', 'INVALID_VALUE', 'The batch was refused.'],
  ['sender_batch_id', 'RECEIVER_NOT_FOUND', 'The receiver does not exist.'],
  ['sender_batch_id', 'INVALID_VALUE', 'A part of the value is unused.'],
])('an error about an invalid payout is no repeat: %s %s %s', async (field, issue, description) => {
  const details = [{ field, issue, description }];
  const links = [{ href: 'https://developer.paypal.com/docs/api/payments.payouts-batch/v1/', rel: 'help' }];
  const body = { name: 'VALIDATION_ERROR', message: 'Invalid request', debug_id: 'a1', details, links };
  const path = '/v1/payments/payouts';
  test.fake.server.injectFault({ fault: { response: { status: 400, body } }, method: 'POST', path });
  await expect(create()).rejects.toMatchObject({ kind: 'rejected' });
});

it.each<[string, { key?: string; status: string; value?: string }[], string | undefined]>([
  ['an item of another order', [{ key: 'other', status: 'FAILED' }], undefined],
  [
    'an item of another order before its own',
    [{ key: 'other', status: 'FAILED' }, { status: 'SUCCESS' }],
    'SUCCEEDED',
  ],
  ['two items of the order', [{ status: 'FAILED' }, { status: 'SUCCESS' }], undefined],
  ['an item of another amount', [{ status: 'SUCCESS', value: '10.01' }], undefined],
])('the item with the key and the amount of the order decides: %s', async (_name, items, expected) => {
  const { id } = await create();
  test.fake.server.transformResponse = ({ method }, body) => ({
    ...(body as object),
    ...(method === 'GET' && {
      items: items.map(({ key = ORDER.idempotencyKey, status, value = '10.00' }, index) => ({
        ...{ payout_item_id: `ITEM${index}`, payout_batch_id: id, transaction_status: status },
        payout_item: { receiver: 'ada@example.com', sender_item_id: key, amount: { currency: 'EUR', value } },
        payout_item_fee: { currency: 'EUR', value: '0.00' },
      })),
    }),
  });
  const found = test.psp.findOrder!({ ...ORDER, pspId: id });
  if (expected === undefined) await expect(found).rejects.toMatchObject({ kind: 'unavailable' });
  else expect(await found).toMatchObject({ id, status: expected });
});

it('cannot be found without its id', async () => {
  await create();
  await expect(test.psp.findOrder!(ORDER)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await test.psp.findOrder!({ ...ORDER, pspId: 'UNKNOWN' })).toBeUndefined();
});

it.each<[string, Partial<Order>]>([
  ['another account', { sourceAccountId: 'G83JXTJ5EHCQ2' }],
  ['a receiver who is no beneficiary', { destinationAccountId: 'eve@example.com' }],
  ['a receiver that PayPal cannot pay', { destinationAccountId: 'ada' }],
  ['a fraction of a forint', { amount: { amount: 1050n, asset: 'HUF/2' } }],
])('refuses %s, and sends nothing', async (_name, changes) => {
  await expect(create(changes)).rejects.toMatchObject({ kind: 'rejected' });
  expect(findSent()).toBeUndefined();
});

it('writes whole amounts of currencies without decimals at PayPal', async () => {
  await create({ amount: { amount: 1000n, asset: 'HUF/2' } });
  await create({
    amount: { amount: 1000n, asset: 'JPY' },
    idempotencyKey: '2f0f3850-9627-42de-8ad4-a2c497c37d0b',
  });
  expect(test.fake.batches.map(({ amount }) => amount)).toEqual(['10', '1000']);
});

it.each([{}, { batch_header: null }, null, []])('an answer %j is no result', async (body) => {
  test.fake.server.injectFault({
    fault: { response: { status: 201, body } },
    method: 'POST',
    path: '/v1/payments/payouts',
  });
  const error: unknown = await create().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toMatchObject({ kind: 'rejected' });
});
