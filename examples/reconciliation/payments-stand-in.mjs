/**
 * Stands in for Formance Payments, so that the example needs no Formance. It reads the rows of one connector from the gateway once, as
 * Formance does, and serves the lists of Payments v3 that reconciliation reads. It makes two mistakes on purpose: it loses one payment, and
 * it keeps an old status of another one.
 */
import { createServer } from 'node:http';

const CONNECTOR = { id: 'connector-1', name: 'bank', provider: 'generic', createdAt: '2026-03-01T00:00:00Z' };
/** Names that Payments gives to types of the gateway. */
const TYPES = { PAYIN: 'PAY-IN' };
const CHANGES = { REFUNDED: -1n, CAPTURE: 1n, REFUND_REVERSED: 1n };
const LOST_PAYMENT = 1;
const OUTDATED_PAYMENT = 2;

/** Starts the stand-in on a free port of this machine. */
export async function startPaymentsStandIn(apiKey) {
  const stored = { accounts: [], payments: [] };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://payments');
    const answer = findAnswer(pathname, stored, apiKey);
    response.setHeader('content-type', 'application/json');
    if (answer === undefined) response.writeHead(404);
    response.end(
      JSON.stringify(answer ?? { errorCode: 'NOT_FOUND', errorMessage: `there is no ${pathname}` }),
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    readFrom: async (connectorUrl) => Object.assign(stored, await readConnector(connectorUrl, apiKey)),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function findAnswer(pathname, { accounts, payments }, apiKey) {
  if (pathname === '/v3/connectors') return toPage([CONNECTOR]);
  if (pathname === `/v3/connectors/${CONNECTOR.id}/config`)
    return { data: { name: 'bank', endpoint: 'http://gateway/bank', apiKey, pollingPeriod: '30m' } };
  if (pathname === '/v3/payments') return toPage(payments.map(({ adjustments: _, ...payment }) => payment));
  if (pathname === '/v3/accounts') return toPage(accounts.map(({ balances: _, ...account }) => account));
  const id = decodeURIComponent(pathname.split('/')[3] ?? '');
  if (pathname.endsWith('/balances')) return toPage(accounts.find((each) => each.id === id)?.balances ?? []);
  const payment = payments.find((each) => each.id === id);
  return payment && { data: payment };
}

function toPage(data) {
  return { cursor: { pageSize: data.length, hasMore: false, data } };
}

/** Reads the lists of a connector, and makes the objects that Payments would store. */
async function readConnector(connectorUrl, apiKey) {
  const read = async (path) =>
    (await fetch(`${connectorUrl}/${path}`, { headers: { authorization: `Bearer ${apiKey}` } })).json();
  const accounts = [];
  for (const { id } of await read('accounts?pageSize=100')) {
    const { balances = [] } = await read(`accounts/${encodeURIComponent(id)}/balances`);
    accounts.push({
      ...{ id: `account ${id}`, reference: id, type: 'INTERNAL' },
      balances: balances.map(({ currency, amount }) => ({ asset: currency, balance: Number(amount) })),
    });
  }
  for (const { id } of await read('beneficiaries?pageSize=100'))
    accounts.push({ id: `account ${id}`, reference: id, type: 'EXTERNAL', balances: [] });
  const groups = new Map();
  for (const row of await read('transactions?pageSize=100')) {
    const key = `${row.relatedTransactionID ?? row.id} ${row.type}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const payments = [...groups].map(([key, rows]) => toPayment(key, rows));
  payments[OUTDATED_PAYMENT].status = 'PENDING';
  payments.splice(LOST_PAYMENT, 1);
  return { accounts, payments };
}

function toPayment(key, rows) {
  const [first] = rows;
  const newest = rows.reduce((last, row) => (row.createdAt < last.createdAt ? last : row));
  const change = rows.reduce((sum, { status, amount }) => sum + (CHANGES[status] ?? 0n) * BigInt(amount), 0n);
  return {
    ...{ id: `payment ${key}`, reference: first.relatedTransactionID ?? first.id },
    ...{ type: TYPES[first.type] ?? first.type, asset: first.currency, status: newest.status },
    ...{ initialAmount: Number(first.amount), amount: Number(BigInt(first.amount) + change) },
    adjustments: rows.map(({ id, createdAt, status }) => ({ reference: id, createdAt, status })),
  };
}
