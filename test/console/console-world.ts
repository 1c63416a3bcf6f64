/**
 * Runs a gateway whose store has an example of everything that the console can show. Records contain HTML, which the console must show as
 * text.
 */
import { serializeTransaction, type SerializedRecord } from '@tributary/connector-api';
import type { LedgerTransaction } from '@tributary/feed';
import { runPolicy, type LedgerSource, type Policy } from '@tributary/reconciliation';
import { createAccounts, startGateway, type TestGateway } from '../gateway/test-gateway.js';

/** HTML that sets a property of the window if a browser executes it. The tests check that the property is not set. */
export const MARKUP =
  '<img src="x" onerror="window.markupRan = true"><script>window.markupRan = true</script>';
export const PULL_ERROR = `401 Unauthorized: the PSP did not accept the key ${MARKUP}`;
export const REJECTION_REASON = 'amount: expected a decimal number, found "12,50"';

const DAY_MS = 86_400_000;
/** The amount that the PSP paid. The ledger has booked 10 minor units less. */
const PSP_AMOUNT = 1_250n;
const BOOKED_AMOUNT = 1_240n;

export const POLICY: Policy = {
  name: 'sales',
  ledger: 'https://ledger.example.com/main',
  sign: 'same',
  accounts: [{ connector: 'bank', account: 'main', address: 'psp:bank:main' }],
  rules: [{ kind: 'exact', psp: 'id', ledger: 'reference' }],
  grace: { bookingMs: 0, settlementMs: 0 },
};

export async function startConsoleWorld(): Promise<TestGateway> {
  const world = await startGateway({
    connectors: [{ path: 'bank' }, { path: 'acme/bank' }],
    deployment: {
      orders: { exchangeRetentionMs: 3_600_000, resolveByTwo: true },
      policies: [{ policy: POLICY, ledger: { url: 'https://ledger.example.com', name: 'main' } }],
    },
  });
  const { gateway } = world;
  await world.appendRecords('bank', 'accounts', createAccounts('main'));
  await world.appendRecords('bank', 'transactions', [
    createPayment('PENDING'),
    createPayment('SUCCEEDED'),
    createPayment('SUCCEEDED', 'beyond-doubles', 12_345_678_901_234_567_890n),
  ]);
  await world.appendPage('bank', 'transactions', {
    rejected: [
      { id: 'tx-bad', reason: REJECTION_REASON, raw: JSON.stringify({ id: 'tx-bad', note: MARKUP }) },
    ],
    warnings: [{ id: 'w-1', message: `A page was shorter than the PSP said. ${MARKUP}` }],
  });
  const run = {
    connector: 'bank',
    stream: 'transactions',
    pages: 1,
    records: 4,
    added: 3,
    changed: 0,
  } as const;
  const startedAt = await gateway.store.currentTime();
  for (const [days, amount] of [10n ** 20n + 1n, 99_00n, 150_00n].entries())
    await gateway.store.balances('bank').recordObservation({
      ...{ accountId: 'main', at: startedAt - (2 - days) * DAY_MS },
      amounts: new Map([['EUR/2', amount]]),
    });
  await gateway.store.recordSyncRun({ ...run, startedAt: startedAt - 5_000, duration: 400, refused: 1 });
  await gateway.store.recordSyncRun({ ...run, startedAt, duration: 30, refused: 0, error: PULL_ERROR });
  await runPolicy(gateway.store, POLICY, { ledger: createLedger() }, startedAt + 1_000);
  await addUnknownOrder(world, startedAt);
  await world.get('/bank/transactions', world.key('bank'));
  return world;
}

/** Adds an order whose outcome is unknown, with the PSP's response, and with a resolution that another operator proposed. */
async function addUnknownOrder({ gateway: { store } }: TestGateway, now: number): Promise<void> {
  const request = { sourceAccountId: 'main', destinationAccountId: 'payee', metadata: {} };
  const order = {
    ...{ id: 'order-1', idempotencyKey: 'invoice-1', pspKey: 'key-1', kind: 'PAYOUT' as const },
    ...{ request: JSON.stringify(request), amount: PSP_AMOUNT, asset: 'EUR/2', createdAt: now - 60_000 },
  };
  await store.orders('bank').insertOrGet(order, () => ({
    set: { state: 'unknown', attempts: 1, outcomeUnknownSince: now - 50_000 },
    event: 'no word from the PSP: no whole answer within 30 s',
  }));
  const exchange = {
    ...{ method: 'POST', path: '/payouts', durationMs: 1_234, status: 503 },
    requestHeaders: { 'idempotency-key': 'key-1' },
    requestBody: { bytes: 30, text: '{"iban":"****3000"}' },
    responseHeaders: { 'content-type': 'text/html' },
    responseBody: { bytes: MARKUP.length, text: MARKUP },
  };
  const call = { orderId: order.id, at: now - 50_000, position: 0, action: 'send', attempt: 1 } as const;
  await store.orderExchanges().append([{ ...call, body: JSON.stringify(exchange) }], 3_600_000);
  const resolution = { as: 'succeeded', note: `Seen in the dashboard. ${MARKUP}` };
  await store
    .orderProposals()
    .propose(
      { orderId: order.id, id: 'p-1', keyId: 'k', proposedBy: 'bob', body: JSON.stringify(resolution) },
      { by: 'bob', via: 'api', action: 'order.resolution-proposed', connector: 'bank', details: resolution },
    );
}

export function createPayment(
  status: 'PENDING' | 'SUCCEEDED',
  id = 'payment-1',
  amount = PSP_AMOUNT,
): SerializedRecord {
  return serializeTransaction({
    ...{ id, createdAt: '2026-01-10T00:00:00Z', type: 'PAYIN', status },
    amount: { amount, asset: 'EUR/2' },
    destinationAccountId: id === 'payment-1' ? 'main' : 'other',
    metadata: { 'com.test.spec/note': MARKUP },
  });
}

function createLedger(): LedgerSource {
  const booking: LedgerTransaction = {
    ...{ id: 1, at: Date.parse('2026-01-10T00:00:00Z'), reference: 'payment-1', metadata: {} },
    postings: [
      { source: 'world', destination: 'psp:bank:main', asset: 'EUR/2', amount: BOOKED_AMOUNT.toString() },
    ],
  };
  return {
    name: POLICY.ledger,
    listTransactions: (afterId) => Promise.resolve(afterId < booking.id ? [booking] : []),
    getBalances: () => Promise.resolve(new Map([['EUR/2', BOOKED_AMOUNT]])),
  };
}
