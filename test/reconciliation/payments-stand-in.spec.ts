/** Compares the responses of the example's stand-in for Formance Payments with the official document of Payments. */
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface PaymentsStandIn {
  url: string;
  readFrom(connectorUrl: string): Promise<unknown>;
  stop(): void;
}

interface Page {
  cursor: { data: { id: string }[] };
}

const API_KEY = 'key-of-the-test';
const STAND_IN = '../../examples/reconciliation/payments-stand-in.mjs';
const { startPaymentsStandIn } = (await import(STAND_IN)) as {
  startPaymentsStandIn: (apiKey: string) => Promise<PaymentsStandIn>;
};
const document = await PspDocumentValidator.loadOfficial('formance/payments-v3.4.0.yaml', [
  {
    pointer: '#/components/schemas/V3ConnectorConfig',
    value: { $ref: '#/components/schemas/V3GenericConfig' },
    reason: 'the provider is known from the connector, and the real service was observed to omit it',
  },
]);

const AT = '2026-03-02T08:00:00Z';
const TRANSACTIONS = ['t1', 't2', 't3', 't4'].map((id) => ({
  ...{ id, createdAt: AT, updatedAt: AT, type: 'PAYIN', status: 'SUCCEEDED', currency: 'EUR/2' },
  ...{ amount: '100', destinationAccountID: 'main' },
}));
/** The responses of a gateway, by the path. */
const SERVED: Readonly<Record<string, unknown>> = {
  '/bank/accounts': [{ id: 'main', createdAt: AT, accountName: 'Main account' }],
  '/bank/accounts/main/balances': {
    id: 'main',
    accountID: 'main',
    at: AT,
    balances: [{ currency: 'EUR/2', amount: '400' }],
  },
  '/bank/beneficiaries': [{ id: 'customer', createdAt: AT, ownerName: 'Customer' }],
  '/bank/transactions': [
    ...TRANSACTIONS,
    { ...TRANSACTIONS[3], id: 't5', status: 'REFUNDED', relatedTransactionID: 't4', amount: '40' },
    // The PSP changes the amount of the refund, and later captures an authorised payment.
    { ...TRANSACTIONS[3], id: 't5', status: 'REFUNDED', relatedTransactionID: 't4', amount: '41' },
    { ...TRANSACTIONS[3], id: 't6', status: 'AUTHORISATION', amount: '90' },
    { ...TRANSACTIONS[3], id: 't7', status: 'CAPTURE', relatedTransactionID: 't6', amount: '60' },
  ],
};

let gateway: Server;
let payments: PaymentsStandIn;
beforeAll(async () => {
  gateway = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://gateway');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(SERVED[pathname]));
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  payments = await startPaymentsStandIn(API_KEY);
  await payments.readFrom(`http://127.0.0.1:${(gateway.address() as AddressInfo).port}/bank`);
});
afterAll(() => {
  payments.stop();
  gateway.close();
  gateway.closeAllConnections();
});

async function request(path: string) {
  const response = await fetch(payments.url + path);
  const headers = { 'content-type': response.headers.get('content-type') ?? undefined };
  return { status: response.status, headers, body: await response.json() };
}

async function findFirstId(path: string): Promise<string> {
  const { body } = await request(path);
  return encodeURIComponent((body as Page).cursor.data[0]!.id);
}

describe('answers as the document of Payments says', () => {
  const paths = {
    'the connectors': async () => '/v3/connectors',
    'the configuration of a connector': async () =>
      `/v3/connectors/${await findFirstId('/v3/connectors')}/config`,
    'the payments': async () => '/v3/payments',
    'a payment': async () => `/v3/payments/${await findFirstId('/v3/payments')}`,
    'a payment that does not exist': async () => '/v3/payments/unknown',
    'the accounts': async () => '/v3/accounts',
    'the balances of an account': async () => `/v3/accounts/${await findFirstId('/v3/accounts')}/balances`,
    'the balances of an account without balances': async () => '/v3/accounts/account%20customer/balances',
  };
  (document ? test : test.skip).each(Object.entries(paths))('%s', async (_name, findPath) => {
    const path = await findPath();
    expect(document?.checkResponse({ method: 'GET', path }, await request(path))).toEqual([]);
  });
});

test('serves the payments of the connector except the lost one', async () => {
  const { body } = await request('/v3/payments');
  expect((body as Page).cursor.data.map(({ id }) => id)).toEqual([
    'payment t1 PAYIN',
    'payment t3 PAYIN',
    'payment t4 PAYIN',
    'payment t6 PAYIN',
  ]);
});

test('stores each version once, and counts only what was captured, as Payments does', async () => {
  const { body } = await request('/v3/payments');
  const amounts = (
    body as { cursor: { data: { id: string; amount: number; initialAmount: number }[] } }
  ).cursor.data
    .filter(({ id }) => id !== 'payment t1 PAYIN')
    .map(({ id, initialAmount, amount }) => [id, initialAmount, amount]);
  expect(amounts).toEqual([
    ['payment t3 PAYIN', 100, 100],
    ['payment t4 PAYIN', 100, 60],
    ['payment t6 PAYIN', 90, 60],
  ]);
  const refunded = await request(`/v3/payments/${encodeURIComponent('payment t4 PAYIN')}`);
  const { adjustments } = (refunded.body as { data: { adjustments: { reference: string }[] } }).data;
  expect(adjustments.map(({ reference }) => reference)).toEqual(['t4', 't5']);
});
