/**
 * Stands in for Formance Payments, so that the example needs no Formance. It reads the rows of one connector from the gateway once, as
 * Formance does, and serves the lists of Payments v3 that reconciliation reads. It makes two mistakes on purpose: it loses one payment, and
 * it keeps an old status of another one.
 */
import { createServer } from 'node:http';

const CREATED_AT = '2026-03-01T00:00:00Z';
const CONNECTOR = {
  // The ids of connectors are base64 texts.
  ...{ id: 'YmFua2Nvbm5lY3Rvci0x', reference: 'bank', name: 'bank', provider: 'generic' },
  ...{ createdAt: CREATED_AT, scheduledForDeletion: false, config: {} },
};
/** Properties that the accounts and the payments of a connector have. */
const ORIGIN = { connectorID: CONNECTOR.id, provider: CONNECTOR.provider };
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
  if (pathname === '/v3/payments')
    return toPage(payments.map((payment) => ({ ...payment, adjustments: null })));
  if (pathname === '/v3/accounts') return toPage(accounts.map(({ balances: _, ...account }) => account));
  const id = decodeURIComponent(pathname.split('/')[3] ?? '');
  if (pathname.endsWith('/balances')) return toPage(accounts.find((each) => each.id === id)?.balances ?? []);
  const payment = payments.find((each) => each.id === id);
  return payment && { data: payment };
}

function toPage(data) {
  return { cursor: { pageSize: Math.max(1, data.length), hasMore: false, data } };
}

/** Reads the lists of a connector, and makes the objects that Payments would store. */
async function readConnector(connectorUrl, apiKey) {
  const read = async (path) =>
    (await fetch(`${connectorUrl}/${path}`, { headers: { authorization: `Bearer ${apiKey}` } })).json();
  const accounts = [];
  for (const account of await read('accounts?pageSize=100')) {
    const { balances = [] } = await read(`accounts/${encodeURIComponent(account.id)}/balances`);
    const stored = toAccount(account, 'INTERNAL');
    accounts.push({
      ...stored,
      balances: balances.map(({ currency, amount }) => ({
        ...{ accountID: stored.id, createdAt: CREATED_AT, lastUpdatedAt: CREATED_AT },
        ...{ asset: currency, balance: Number(amount) },
      })),
    });
  }
  for (const beneficiary of await read('beneficiaries?pageSize=100'))
    accounts.push({ ...toAccount(beneficiary, 'EXTERNAL'), balances: [] });
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

function toAccount(row, type) {
  const createdAt = row.createdAt ?? CREATED_AT;
  return { id: `account ${row.id}`, reference: row.id, type, ...ORIGIN, createdAt, raw: row };
}

/**
 * Makes a payment of the versions of its rows. Payments stores each id, time and status once, and ignores a later version with another amount.
 * The row that comes first creates the payment, and an authorised amount counts only when it is captured.
 */
function toPayment(key, rows) {
  const versions = new Map();
  for (const row of rows) {
    const version = `${row.id} ${row.createdAt} ${row.status}`;
    if (!versions.has(version)) versions.set(version, row);
  }
  const stored = [...versions.values()];
  const [first] = stored;
  const newest = stored.reduce((last, row) => (row.createdAt < last.createdAt ? last : row));
  const start = first.status === 'AUTHORISATION' ? 0n : BigInt(first.amount);
  const amount = stored.reduce((sum, row) => sum + (CHANGES[row.status] ?? 0n) * BigInt(row.amount), start);
  return {
    ...{ id: `payment ${key}`, reference: first.relatedTransactionID ?? first.id, ...ORIGIN },
    ...{ type: TYPES[first.type] ?? first.type, asset: first.currency, status: newest.status },
    ...{ createdAt: first.createdAt, scheme: 'OTHER' },
    ...{ initialAmount: Number(first.amount), amount: Number(amount) },
    adjustments: stored.map((row) => ({
      ...{ id: `adjustment ${row.id} ${row.status}`, reference: row.id, createdAt: row.createdAt },
      ...{ status: row.status, raw: row },
    })),
  };
}
